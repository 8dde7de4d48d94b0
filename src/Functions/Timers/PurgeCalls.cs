using Gatehouse.Access.Audit;
using Gatehouse.Access.Idempotency;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>
/// Every ten minutes: deletes the stored answers of calls with an <c>Idempotency-Key</c> after 24 hours, and audit entries
/// after 400 days.
/// </summary>
public sealed class PurgeCalls(IdempotentCalls calls, AuditTrail trail, TimeProvider time)
{
    /// <summary>Deletes what is old. If a run is stopped, the next one continues.</summary>
    [Function(nameof(PurgeCalls))]
    public Task RunAsync([TimerTrigger("%PurgeCallsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(PurgeCalls), async () =>
        {
            await calls.PurgeAsync(cancellation);
            await trail.PurgeAsync(time.GetUtcNow() - AuditTrail.Retention, cancellation);
        }, cancellation);
}
