using System.Net;
using System.Net.Sockets;
using Gatehouse.FunctionsHost.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Gatehouse.FunctionsHost;

/// <summary>Receives requests, finds their functions, and forwards them to the worker's own HTTP server.</summary>
internal sealed class FrontEnd : IDisposable
{
    private const string InvocationId = "x-ms-invocation-id";
    private const int ConnectAttempts = 20;

    // Headers of a single connection. Expect is one of them: the host sends 100 before it forwards anything.
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
    };

    private readonly FunctionRouter<HostedFunction> router = new();
    private readonly HttpMessageInvoker worker = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectCallback = ConnectAsync,
    });

    private readonly WorkerChannel channel;
    private readonly RequestSlots slots;
    private readonly Uri address;
    private readonly HostLog log;

    /// <param name="functions">The functions that answer requests.</param>
    /// <param name="channel">The channel that calls are announced on.</param>
    /// <param name="address">The address of the worker's HTTP server.</param>
    /// <param name="settings">The route prefix and the limits.</param>
    /// <param name="log">The log of failures.</param>
    public FrontEnd(IEnumerable<HostedFunction> functions, WorkerChannel channel, Uri address, HostJson settings, HostLog log)
    {
        this.channel = channel;
        this.address = address;
        this.log = log;
        slots = new RequestSlots(settings);
        foreach (var function in functions)
            router.Add(function.Name, $"{settings.RoutePrefix}/{function.Route.Trim('/')}".Trim('/'), function.Methods, function);
    }

    /// <summary>Answers a request.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/admin") || context.Request.Path.StartsWithSegments("/runtime"))
        {
            // The host's own routes need a key, and the double has none.
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else if (context.Request.Path.Value!.StartsWith("//", StringComparison.Ordinal) || router.Find(context) is not { } found)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else
        {
            using var slot = await slots.TakeAsync();
            if (slot is null) context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            else await RunAsync(context, found.Function, found.Values);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        worker.Dispose();
        slots.Dispose();
    }

    private async Task RunAsync(HttpContext context, HostedFunction function, RouteValueDictionary route)
    {
        ReadOnlyMemory<byte>? body;
        try
        {
            body = await ReadBodyAsync(context.Request);
        }
        catch (Exception e) when (e is BadHttpRequestException or IOException or OperationCanceledException)
        {
            Fail(context, function, e.Message);
            return;
        }

        var invocation = Guid.NewGuid().ToString();
        var request = new InvocationRequest { InvocationId = invocation };
        request.InputData.Add(new ParameterBinding { Name = function.TriggerName, Data = new TypedData { Http = new RpcHttp() } });
        foreach (var (name, value) in BindingData.Of(context.Request, route, body ?? default)) request.TriggerMetadata[name] = value;

        // The request is sent before the call is announced. The worker matches the two by the id.
        var forwarding = ForwardAsync(context, invocation, body);
        var calling = channel.InvokeAsync(function, request, context.RequestAborted);
        await Task.WhenAll(forwarding, calling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (forwarding.Exception?.InnerException is { } broken) Fail(context, function, broken.Message);
        else if (calling.Exception?.InnerException is { } ended) Fail(context, function, ended.Message);
        else if (calling.IsCompletedSuccessfully && calling.Result.Status != StatusResult.Types.Status.Success && !context.Response.HasStarted)
            Fail(context, function, "the call failed");
    }

    // The worker reports "localhost". Resolving it for each connection would run one at a time. The worker can report its
    // address before it listens, so the double retries, as the real host does.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (attempt < ConnectAttempts)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }
    }

    // A body with a Content-Length is read completely, for the binding data. A chunked body is passed on as it arrives.
    private static async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpRequest request)
    {
        if (request.ContentLength is not > 0) return null;
        using var whole = new MemoryStream();
        await request.Body.CopyToAsync(whole, request.HttpContext.RequestAborted);
        return whole.ToArray();
    }

    private async Task ForwardAsync(HttpContext context, string invocation, ReadOnlyMemory<byte>? body)
    {
        var aborted = context.RequestAborted;
        using var request = Message(context.Request, invocation, body);
        using var answer = await worker.SendAsync(request, aborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!HopByHop.Contains(name)) context.Response.Headers[name] = values.ToArray();
        }
        // Connection: close applies to both connections.
        if (answer.Headers.ConnectionClose == true) context.Response.Headers.Connection = "close";
        await using var content = await answer.Content.ReadAsStreamAsync(aborted);
        var buffer = new byte[64 * 1024];
        for (int read; (read = await content.ReadAsync(buffer, aborted)) > 0;)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), aborted);
            await context.Response.Body.FlushAsync(aborted);
        }
    }

    private HttpRequestMessage Message(HttpRequest request, string invocation, ReadOnlyMemory<byte>? body)
    {
        var message = new HttpRequestMessage(
            new HttpMethod(request.Method), new Uri(address, request.Path.ToUriComponent() + request.QueryString.ToUriComponent()));
        if (body is { } whole) message.Content = new ReadOnlyMemoryContent(whole);
        else if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
            message.Content = new StreamContent(request.Body);
        foreach (var (name, values) in request.Headers)
        {
            if (HopByHop.Contains(name) || name.Equals(InvocationId, StringComparison.OrdinalIgnoreCase)) continue;
            if (message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)) continue;
            // The host's forwarder keeps the headers of an empty body.
            message.Content ??= new ByteArrayContent([]);
            message.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
        message.Headers.Add(InvocationId, invocation);
        return message;
    }

    // After the answer has begun, the connection can only be aborted.
    private void Fail(HttpContext context, HostedFunction function, string reason)
    {
        if (context.RequestAborted.IsCancellationRequested) return;
        log.Write(LogLevel.Error, $"Function.{function.Name}", $"The request failed: {reason}");
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
    }
}
