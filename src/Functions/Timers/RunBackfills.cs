using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Functions.Observability;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute: runs the requested backfills of the archive, and continues a stopped run.</summary>
public sealed class RunBackfills(Backfills backfills, DailyArchive archive, ArchiveLog log) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Background;

    /// <inheritdoc/>
    public string Schedule => "BackfillSchedule";

    /// <summary>Works on every waiting backfill, then finishes the day's run if its process has not.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation)
    {
        var failures = await backfills.RunAsync(cancellation);
        log.Report(nameof(RunBackfills), failures);
        if (await archive.ContinueAsync(cancellation) is not { } continued) return new JobResult(("failed", failures.Count));
        log.Report(nameof(RunBackfills), continued);
        return ArchiveMessageCounts.Told(continued.Run);
    }
}
