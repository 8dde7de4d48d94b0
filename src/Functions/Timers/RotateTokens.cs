using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Observability;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute: revokes expired tokens, rotates those that are due, and finishes or undoes half-done changes after a crash.</summary>
public sealed class RotateTokens(Leases leases, CustodyLog log) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Urgent;

    /// <inheritdoc/>
    public string Schedule => "RotateSchedule";

    /// <summary>Does this for every application.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation)
    {
        var run = await leases.RunAsync(cancellation);
        log.Report(nameof(RotateTokens), run.Failures);
        return new JobResult(("rotated", run.Rotated), ("revoked", run.Revoked), ("failed", run.Failures.Count));
    }
}
