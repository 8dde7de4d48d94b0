using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Observability;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Timers;

/// <summary>Once a day: raises alerts for push credentials that expire in 30, 7 or 1 days, or have expired.</summary>
public sealed class CheckPushCredentials(PushCredentialCheck check, CustodyLog log) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Background;

    /// <inheritdoc/>
    public string Schedule => "PushCheckSchedule";

    /// <summary>Checks all applications in custody. An alert is not raised twice.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation)
    {
        var run = await check.RunAsync(cancellation);
        log.Report(nameof(CheckPushCredentials), run.Failures);
        return new JobResult(("checked", run.Checked), ("warned", run.Warned), ("failed", run.Failures.Count));
    }
}
