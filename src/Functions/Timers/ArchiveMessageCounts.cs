using Gatehouse.Archive.Daily;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Archives, once a day, the daily message counts of every application.</summary>
public sealed class ArchiveMessageCounts(DailyArchive archive, ArchiveLog failures)
{
    /// <summary>Goes through all applications, first through those that the last run was cut off before.</summary>
    [Function(nameof(ArchiveMessageCounts))]
    public Task RunAsync([TimerTrigger("%ArchiveSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(ArchiveMessageCounts), async () =>
            failures.Report(nameof(ArchiveMessageCounts), await archive.RunAsync(cancellation)), cancellation);
}
