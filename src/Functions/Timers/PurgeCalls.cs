using Gatehouse.Access.Audit;
using Gatehouse.Access.Idempotency;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Timers;

/// <summary>
/// Every ten minutes: deletes the stored answers of calls with an <c>Idempotency-Key</c> after 24 hours, and audit entries
/// after 400 days.
/// </summary>
public sealed class PurgeCalls(IdempotentCalls calls, AuditTrail trail, TimeProvider time) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Background;

    /// <inheritdoc/>
    public string Schedule => "PurgeCallsSchedule";

    /// <summary>Deletes what is old. If a run is stopped, the next one continues.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation) => new(
        ("answers", await calls.PurgeAsync(cancellation)),
        ("audit_entries", await trail.PurgeAsync(time.GetUtcNow() - AuditTrail.Retention, cancellation)));
}
