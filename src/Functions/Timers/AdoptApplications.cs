using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Observability;
using Gatehouse.Platform.Hosted;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Takes in, every hour, applications that are not in custody, and lets go of those that are gone.</summary>
public sealed class AdoptApplications(ApplicationSync adoption, CustodyLog failures)
{
    /// <summary>Goes through all applications. The vault is not asked for what it was given: a call of the facade's is.</summary>
    [Function(nameof(AdoptApplications))]
    public Task RunAsync([TimerTrigger("%AdoptSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(AdoptApplications), () => AdoptAsync(cancellation), cancellation);

    private async Task AdoptAsync(CancellationToken cancellation)
    {
        try
        {
            failures.Report(nameof(AdoptApplications), (await adoption.RunAsync(askVault: false, cancellation)).Failures);
        }
        catch (OrganizationCredentialsException e)
        {
            failures.ReportCredentials(nameof(AdoptApplications), e);
        }
    }
}
