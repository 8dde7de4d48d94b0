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
    public async Task RunAsync(CancellationToken cancellation) =>
        log.Report(nameof(ArchiveMessageCounts), await archive.RunAsync(cancellation));
}
