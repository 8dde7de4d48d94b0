using Gatehouse.Archive.Daily;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Once a day: archives the daily message counts of every application.</summary>
public sealed class ArchiveMessageCounts(DailyArchive archive, ArchiveLog log)
{
    /// <summary>Archives all applications, starting with those that the last run did not reach.</summary>
    [Function(nameof(ArchiveMessageCounts))]
    public Task RunAsync([TimerTrigger("%ArchiveSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(ArchiveMessageCounts), async () =>
            log.Report(nameof(ArchiveMessageCounts), await archive.RunAsync(cancellation)), cancellation);
}
