using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Gatehouse.FunctionsHost.Protocol;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Gatehouse.FunctionsHost;

/// <summary>The connection with one worker, over the stream that the worker opens.</summary>
internal sealed class WorkerChannel(HostLog log)
{
    private static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(60);

    private readonly Channel<StreamingMessage> outgoing = Channel.CreateUnbounded<StreamingMessage>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> asked = new();
    private readonly ConcurrentDictionary<string, Call> calls = new();
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? fault;

    /// <summary>Completes when the worker has opened its stream; fails if the worker ends before.</summary>
    public Task Started => started.Task;

    /// <summary>Carries messages in both directions until one side ends.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<StreamingMessage> reader, IServerStreamWriter<StreamingMessage> writer, CancellationToken gone)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(gone);
        var sending = SendAsync(writer, ended.Token);
        try
        {
            while (await reader.MoveNext(ended.Token)) Take(reader.Current);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The worker was killed in the middle of a message.
        }
        await ended.CancelAsync();
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Fail(new WorkerException("The worker has closed its stream."));
    }

    /// <summary>Sends a message that has no answer.</summary>
    public void Send(StreamingMessage message) => outgoing.Writer.TryWrite(message);

    /// <summary>Sends a request and waits for its answer.</summary>
    public async Task<StreamingMessage> AskAsync(StreamingMessage message)
    {
        message.RequestId = Guid.NewGuid().ToString();
        var reply = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked[message.RequestId] = reply;
        Send(message);
        if (fault is { } ended) reply.TrySetException(ended);
        return await reply.Task.WaitAsync(ReplyTimeout);
    }

    /// <summary>Calls a function, and returns its result. Cancelling sends a message to the worker, which still has to answer.</summary>
    public async Task<StatusResult> InvokeAsync(HostedFunction function, InvocationRequest request, CancellationToken cancellation)
    {
        var call = new Call(function.Name);
        calls[request.InvocationId] = call;
        request.FunctionId = function.Metadata.FunctionId;
        request.TraceContext = new RpcTraceContext
        {
            TraceParent = $"00-{ActivityTraceId.CreateRandom().ToHexString()}-{ActivitySpanId.CreateRandom().ToHexString()}-00",
        };
        request.RetryContext = new RetryContext();
        Send(new StreamingMessage { InvocationRequest = request });
        await using var registration = cancellation.Register(() => Send(new StreamingMessage
        {
            InvocationCancel = new InvocationCancel
            {
                InvocationId = request.InvocationId,
                GracePeriod = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)),
            },
        }));
        if (fault is { } ended) call.Ended.TrySetException(ended);
        var result = await call.Ended.Task;
        log.Executed(function.Name, result);
        return result;
    }

    /// <summary>Fails all pending waits.</summary>
    public void Fail(Exception reason)
    {
        fault ??= reason;
        started.TrySetException(reason);
        // Its caller may have stopped waiting.
        _ = started.Task.Exception;
        foreach (var reply in asked.Values) reply.TrySetException(reason);
        foreach (var call in calls.Values) call.Ended.TrySetException(reason);
    }

    private async Task SendAsync(IServerStreamWriter<StreamingMessage> writer, CancellationToken ended)
    {
        await foreach (var message in outgoing.Reader.ReadAllAsync(ended)) await writer.WriteAsync(message, ended);
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.StartStream:
                started.TrySetResult();
                break;
            case StreamingMessage.ContentOneofCase.RpcLog:
                log.Worker(message.RpcLog, calls.TryGetValue(message.RpcLog.InvocationId, out var running) ? running.Function : null);
                break;
            case StreamingMessage.ContentOneofCase.InvocationResponse:
                if (calls.TryRemove(message.InvocationResponse.InvocationId, out var call))
                    call.Ended.TrySetResult(message.InvocationResponse.Result);
                break;
            default:
                if (asked.TryRemove(message.RequestId, out var reply)) reply.TrySetResult(message);
                break;
        }
    }

    private sealed record Call(string Function)
    {
        public TaskCompletionSource<StatusResult> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The service that the worker opens its stream on.</summary>
internal sealed class WorkerService(WorkerChannel channel) : FunctionRpc.FunctionRpcBase
{
    public override Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream,
        ServerCallContext context) => channel.RunAsync(requestStream, responseStream, context.CancellationToken);
}

/// <summary>The worker did not behave as a host expects. The message contains the reason and the worker's output.</summary>
public sealed class WorkerException(string message) : Exception(message);
