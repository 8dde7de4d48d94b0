using System.Text.Json;
using Gatehouse.Telemetry;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// A host of the platform: each try has its time, and when half of them fail the host is left alone for a while
/// (circuit breaker), so that neither it nor our callers are kept busy with what will not come about.
/// </summary>
internal sealed class HostedHost
{
    private readonly ResiliencePipeline<JsonElement> tries;

    public HostedHost(string name, HostedTimeouts timeouts, TimeProvider time, HostObserver? observe)
    {
        tries = new ResiliencePipelineBuilder<JsonElement> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<JsonElement>
            {
                FailureRatio = 0.5,
                MinimumThroughput = timeouts.BreakerTries,
                SamplingDuration = timeouts.BreakerWindow,
                BreakDuration = timeouts.BreakTime,
                ShouldHandle = static outcome => ValueTask.FromResult(IsFailure(outcome.Outcome.Exception)),
                OnOpened = _ => Tell(HostState.Failing),
                OnClosed = _ => Tell(HostState.Recovered),
            })
            .AddTimeout(timeouts.Try)
            .Build();

        ValueTask Tell(HostState state)
        {
            Measures.UpstreamBreaker.Record(state == HostState.Failing ? 1 : 0, new KeyValuePair<string, object?>("server.address", name));
            observe?.Invoke(name, state);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Makes a try, if the host is not left alone.</summary>
    public ValueTask<Outcome<JsonElement>> TryAsync<TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<JsonElement>>> work, ResilienceContext context, TState state) =>
        tries.ExecuteOutcomeAsync(work, context, state);

    // A refusal is an answer of a platform that is well, and that a caller is gone is not the platform's doing.
    private static bool IsFailure(Exception? e) => e is PlatformException { Status: >= 500 } or TimeoutRejectedException;
}
