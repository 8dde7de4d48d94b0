using System.Text.Json;
using Gatehouse.Telemetry;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// A host of the platform. Each attempt has a timeout, and when half of the attempts fail, the host is not asked for a while
/// (circuit breaker). This protects the host, and lets callers fail fast.
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

    /// <summary>Makes an attempt, unless the circuit is open.</summary>
    public ValueTask<Outcome<JsonElement>> TryAsync<TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<JsonElement>>> work, ResilienceContext context, TState state) =>
        tries.ExecuteOutcomeAsync(work, context, state);

    // A refusal comes from a healthy platform, and so does the answer at a wrong address: a pause would hide the cause. A cancelled
    // caller is not the platform's failure.
    private static bool IsFailure(Exception? e) =>
        e is PlatformException { Status: >= 500 and not PlatformException.WrongAddressStatus } or TimeoutRejectedException;
}
