using Gatehouse.Functions.Observability;
using Gatehouse.Usage;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Removes, once a day, the marks of messages that were counted more than four days ago.</summary>
public sealed class PurgeUsageMarks(UsagePurge purge)
{
    /// <summary>Goes on where the last run was cut off.</summary>
    [Function(nameof(PurgeUsageMarks))]
    public Task RunAsync([TimerTrigger("%PurgeSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(PurgeUsageMarks), () => purge.RunAsync(cancellation), cancellation);
}
