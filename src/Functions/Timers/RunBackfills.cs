using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute: runs the requested backfills of the archive, and continues a stopped run.</summary>
public sealed class RunBackfills(Backfills backfills, DailyArchive archive, ArchiveLog log)
{
    /// <summary>Works on every waiting backfill, then finishes the day's run if its process has not.</summary>
    [Function(nameof(RunBackfills))]
    public Task RunAsync([TimerTrigger("%BackfillSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(RunBackfills), async () =>
        {
            log.Report(nameof(RunBackfills), await backfills.RunAsync(cancellation));
            if (await archive.ContinueAsync(cancellation) is { } run) log.Report(nameof(RunBackfills), run);
        }, cancellation);
}
