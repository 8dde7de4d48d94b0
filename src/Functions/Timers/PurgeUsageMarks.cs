using Gatehouse.Functions.Observability;
using Gatehouse.Usage;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Once a day: deletes the marks of messages that were counted more than four days ago.</summary>
public sealed class PurgeUsageMarks(UsagePurge purge)
{
    /// <summary>Continues where the last run has stopped.</summary>
    [Function(nameof(PurgeUsageMarks))]
    public Task RunAsync([TimerTrigger("%PurgeSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(PurgeUsageMarks), () => purge.RunAsync(cancellation), cancellation);
}
