using Gatehouse.Access.Audit;
using Gatehouse.Access.Idempotency;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>
/// Removes, every ten minutes, what was kept of calls with an <c>Idempotency-Key</c> for 24 hours, and of the audit trail what
/// is older than 400 days.
/// </summary>
public sealed class PurgeCalls(IdempotentCalls calls, AuditTrail trail, TimeProvider time)
{
    /// <summary>Where a run is cut off, the next one goes on with what is left.</summary>
    [Function(nameof(PurgeCalls))]
    public Task RunAsync([TimerTrigger("%PurgeCallsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(PurgeCalls), async () =>
        {
            await calls.PurgeAsync(cancellation);
            await trail.PurgeAsync(time.GetUtcNow() - AuditTrail.Retention, cancellation);
        }, cancellation);
}
