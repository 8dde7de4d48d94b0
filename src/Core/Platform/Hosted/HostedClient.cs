using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Gatehouse.Common;
using Gatehouse.Telemetry;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// Sends requests to the platform: in bounded time, a bounded number at once, with retries where they are safe.
/// </summary>
/// <remarks>
/// A request that changes something is retried only if the platform received nothing of it, or refused it for the rate
/// limit, or if it deletes something: then "not found" means that it was done. The HTTP client does nothing on its own: it
/// follows no redirects, stores no cookies, uses no proxy, and does not decompress.
/// </remarks>
internal sealed class HostedClient : IDisposable
{
    // The most hosts whose state is held. A host that was dropped is assumed to be healthy.
    private const int KnownHosts = 4096;

    // With zero, the pipeline would apply no timeout at all.
    private static readonly TimeSpan ShortestTime = TimeSpan.FromMilliseconds(10);

    private static readonly ResiliencePropertyKey<HostedCall> CallKey = new("call");

    private readonly HttpMessageInvoker http;
    private readonly SemaphoreSlim slots;
    private readonly HostedTimeouts timeouts;
    private readonly TimeProvider time;
    private readonly HostObserver? observe;
    private readonly GenerationCache<string, HostedHost> hosts = new(KnownHosts);
    private readonly ResiliencePipeline<JsonElement> calls;

    /// <summary>A client over the network, or over a handler in its place.</summary>
    public HostedClient(HostedSettings settings, TimeProvider time, HostObserver? observe, HttpMessageHandler? network = null)
    {
        this.time = time;
        this.observe = observe;
        timeouts = settings.Timeouts;
        slots = new SemaphoreSlim(settings.Concurrency);
        http = new HttpMessageInvoker(network ?? Network(settings), disposeHandler: true);
        calls = new ResiliencePipelineBuilder<JsonElement> { TimeProvider = time }
            .AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = call => ValueTask.FromResult(TimeLeft(call.Context)) })
            .AddRetry(new RetryStrategyOptions<JsonElement>
            {
                MaxRetryAttempts = timeouts.Retries,
                Delay = timeouts.FirstDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = tried => ValueTask.FromResult(MayRepeat(tried)),
                OnRetry = static _ =>
                {
                    Measures.UpstreamRetries.Add(1);
                    return ValueTask.CompletedTask;
                },
                DelayGenerator = static tried => ValueTask.FromResult((tried.Outcome.Exception as PlatformException)?.RetryAfter),
            })
            .Build();
    }

    /// <summary>The address for a base URL.</summary>
    /// <param name="url">The base URL.</param>
    /// <param name="setting">The setting that it comes from.</param>
    public HostedAddress AddressOf(string url, string setting)
    {
        var name = new Uri(url).Authority;
        if (!hosts.TryGet(name, out var host)) hosts.Set(name, host = new HostedHost(name, timeouts, time, observe));
        return new HostedAddress(url, host, setting);
    }

    /// <summary>Sends a request; returns the answer's body, undefined where it is empty.</summary>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    public Task<JsonElement> SendAsync(HostedRequest request, CancellationToken cancellation) =>
        Spans.HasListeners ? ObservedAsync(request, cancellation) : CallAsync(request, cancellation);

    public void Dispose()
    {
        http.Dispose();
        slots.Dispose();
    }

    private async Task<JsonElement> ObservedAsync(HostedRequest request, CancellationToken cancellation)
    {
        using var span = Spans.Start($"upstream {request.Method} {request.Operation}", ActivityKind.Client);
        try
        {
            return await CallAsync(request, cancellation);
        }
        catch (Exception e)
        {
            span.Fail(e);
            throw;
        }
    }

    private async Task<JsonElement> CallAsync(HostedRequest request, CancellationToken cancellation)
    {
        var call = new HostedCall(this, request, time.GetTimestamp());
        var context = ResilienceContextPool.Shared.Get(cancellation);
        try
        {
            // Most calls succeed at the first attempt, so that path skips the retry pipeline.
            if (slots.Wait(0, CancellationToken.None))
            {
                var first = await TryInTurnAsync(context, call);
                if (first.Exception is null) return first.Result;
                call.First = first;
            }
            context.Properties.Set(CallKey, call);
            var outcome = await calls.ExecuteOutcomeAsync(static (context, call) => call.Client.TakeTurnAsync(context, call), context, call);
            if (outcome.Exception is not { } failure) return outcome.Result;
            cancellation.ThrowIfCancellationRequested();
            return Conclude(call, failure);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static SocketsHttpHandler Network(HostedSettings settings) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        // .NET's own traces hold whole paths, and so API tokens; and its headers would tell the platform about our requests.
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = settings.Concurrency,
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = settings.Timeouts.Try,
        // After this time a new connection sees changes in DNS.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        KeepAlivePingDelay = TimeSpan.FromSeconds(15),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

    private async ValueTask<Outcome<JsonElement>> TakeTurnAsync(ResilienceContext context, HostedCall call)
    {
        if (call.First is { } first)
        {
            call.First = null;
            return first;
        }
        try
        {
            await slots.WaitAsync(context.CancellationToken);
        }
        catch (OperationCanceledException e)
        {
            return Outcome.FromException<JsonElement>(e);
        }
        return await TryInTurnAsync(context, call);
    }

    // The caller has taken a slot.
    private async ValueTask<Outcome<JsonElement>> TryInTurnAsync(ResilienceContext context, HostedCall call)
    {
        try
        {
            var wasDone = call.MayBeDone;
            var outcome = await call.Request.Address.Host.TryAsync(
                static (context, call) => call.Client.TryAsync(context, call), context, call);
            if (outcome.Exception is PlatformException { IsRefusal: true }) call.MayBeDone = wasDone;
            return outcome;
        }
        finally
        {
            slots.Release();
        }
    }

    // Not reached while the circuit is open: a request that was not sent cannot have been carried out.
    private ValueTask<Outcome<JsonElement>> TryAsync(ResilienceContext context, HostedCall call)
    {
        call.MayBeDone = true;
        return HostedAttempt.RunAsync(http, call.Request, time, context.CancellationToken);
    }

    private TimeSpan TimeLeft(ResilienceContext context)
    {
        var left = context.Properties.TryGetValue(CallKey, out var call) ? timeouts.Call - time.GetElapsedTime(call.Began) : timeouts.Call;
        return left > ShortestTime ? left : ShortestTime;
    }

    private bool MayRepeat(RetryPredicateArguments<JsonElement> tried)
    {
        if (!tried.Context.Properties.TryGetValue(CallKey, out var call)) return false;
        var isSafe = call.Request.RetryMode != RetryMode.Never;
        return tried.Outcome.Exception switch
        {
            PlatformException e when e.RetryAfter >= timeouts.Call - time.GetElapsedTime(call.Began) => false,
            PlatformException { Status: PlatformException.WrongAddressStatus } => false,
            PlatformException { Status: 429 } or PlatformException { NotSent: true } => true,
            PlatformException { Status: >= 500 } or TimeoutRejectedException => isSafe,
            _ => false,
        };
    }

    private static JsonElement Conclude(HostedCall call, Exception failure)
    {
        var mayBeDone = call.MayBeDone && call.Request.RetryMode != RetryMode.Always;
        switch (failure)
        {
            case PlatformException { Code: PlatformException.NotFoundCode } when mayBeDone && call.Request.RetryMode == RetryMode.UntilGone:
                return default;
            case PlatformException { IsRefusal: true } refusal when mayBeDone:
                throw HostedFaults.Unavailable("An earlier try may have succeeded.", refusal.RetryAfter);
            case PlatformException:
                throw failure;
            case BrokenCircuitException broken:
                throw HostedFaults.Unavailable("The platform keeps failing. No request is sent to it for a moment.", broken.RetryAfter, notSent: !mayBeDone);
            case TimeoutRejectedException:
                throw HostedFaults.Unavailable("The platform has not answered in time.", null, notSent: !call.MayBeDone);
            default:
                throw new InvalidOperationException("A call of the platform ended unexpectedly.", failure);
        }
    }

    /// <summary>A request and its attempts.</summary>
    private sealed class HostedCall(HostedClient client, HostedRequest request, long began)
    {
        public HostedClient Client => client;

        public HostedRequest Request => request;

        /// <summary>When it began, on the client's clock.</summary>
        public long Began => began;

        /// <summary>The result of the first attempt; null where it was not made, or was consumed.</summary>
        public Outcome<JsonElement>? First { get; set; }

        /// <summary>Whether an attempt has been made whose result is not known.</summary>
        public bool MayBeDone { get; set; }
    }
}
