using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Fills the archive, every minute, where somebody has asked for it or a run was cut off.</summary>
public sealed class RunBackfills(Backfills backfills, DailyArchive archive, ArchiveLog failures)
{
    /// <summary>Works on every backfill that waits; then ends the day's run, where its process has not.</summary>
    [Function(nameof(RunBackfills))]
    public Task RunAsync([TimerTrigger("%BackfillSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(RunBackfills), async () =>
        {
            failures.Report(nameof(RunBackfills), await backfills.RunAsync(cancellation));
            if (await archive.ContinueAsync(cancellation) is { } run) failures.Report(nameof(RunBackfills), run);
        }, cancellation);
}
