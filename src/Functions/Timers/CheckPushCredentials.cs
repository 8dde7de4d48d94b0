using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Once a day: raises alerts for push credentials that expire in 30, 7 or 1 days, or have expired.</summary>
public sealed class CheckPushCredentials(PushCredentialCheck check, CustodyLog log)
{
    /// <summary>Checks all applications in custody. An alert is not raised twice.</summary>
    [Function(nameof(CheckPushCredentials))]
    public Task RunAsync([TimerTrigger("%PushCheckSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(CheckPushCredentials), async () =>
            log.Report(nameof(CheckPushCredentials), (await check.RunAsync(cancellation)).Failures), cancellation);
}
