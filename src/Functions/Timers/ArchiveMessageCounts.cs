using Gatehouse.Archive.Daily;
using Gatehouse.Functions.Observability;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Timers;

/// <summary>Once a day: archives the daily message counts of every application.</summary>
public sealed class ArchiveMessageCounts(DailyArchive archive, ArchiveLog log) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Background;

    /// <inheritdoc/>
    public string Schedule => "ArchiveSchedule";

    /// <summary>Archives all applications, starting with those that the last run did not reach.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation)
    {
        var result = await archive.RunAsync(cancellation);
        log.Report(nameof(ArchiveMessageCounts), result);
        return Told(result.Run);
    }

    /// <summary>What a run of the archive did.</summary>
    internal static JobResult Told(ArchiveRun run) => new(
        ("applications", run.Applications), ("days_written", run.DaysWritten), ("corrected", run.Corrected), ("failed", run.Failed));
}
