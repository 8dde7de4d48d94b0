using Gatehouse.Custody.PushCredentials;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Raises, once a day, alerts for push credentials that end in 30, 7 or 1 days, or have ended.</summary>
public sealed class CheckPushCredentials(PushCredentialCheck check, CustodyLog failures)
{
    /// <summary>Goes through all applications in custody. What was told is not told again.</summary>
    [Function(nameof(CheckPushCredentials))]
    public Task RunAsync([TimerTrigger("%PushCheckSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(CheckPushCredentials), async () =>
            failures.Report(nameof(CheckPushCredentials), (await check.RunAsync(cancellation)).Failures), cancellation);
}
