using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Observability;
using Gatehouse.Jobs;
using Gatehouse.Platform.Hosted;

namespace Gatehouse.Functions.Timers;

/// <summary>Every hour: takes new applications into custody, and removes applications that no longer exist.</summary>
public sealed class AdoptApplications(ApplicationSync sync, CustodyLog log) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Background;

    /// <inheritdoc/>
    public string Schedule => "AdoptSchedule";

    /// <summary>Compares all applications. It does not check their secrets in the vault; the facade's call does.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation)
    {
        try
        {
            var run = await sync.RunAsync(askVault: false, cancellation);
            log.Report(nameof(AdoptApplications), run.Failures);
            log.Report(nameof(AdoptApplications), run.Unreadable);
            return new JobResult(
                ("added", run.Added.Count), ("removed", run.Removed.Count), ("failed", run.Failures.Count), ("unreadable", run.Unreadable.Count));
        }
        catch (OrganizationCredentialsException e)
        {
            log.ReportCredentials(nameof(AdoptApplications), e);
            return new JobResult(("refused", 1));
        }
    }
}
