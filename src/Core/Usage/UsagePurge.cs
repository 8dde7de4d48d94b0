using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>
/// Removes what is no longer needed for counting: marks of messages that were counted more than four days ago (three are
/// promised), and chat nodes that have not reported for a day. Counts and users stay.
/// </summary>
/// <remarks>
/// <para>Cost: marks are not ordered by time, so all are read, in pages of 1,000. With n messages a day those are the marks
/// of four to five days: about n / 200 reads a day, and n / 100 commits to remove one day's marks. With 10 million messages
/// a day: 50,000 reads and 100,000 commits.</para>
/// <para>A run can be interrupted at any point: its position is stored, and the next run continues there. Concurrent runs do
/// no harm, but do the work twice.</para>
/// </remarks>
public sealed class UsagePurge(ITableStore store, TimeProvider time)
{
    /// <summary>How long a mark is kept.</summary>
    public static readonly TimeSpan MarkLifetime = TimeSpan.FromDays(4);

    /// <summary>How long a node without reports is kept.</summary>
    public static readonly TimeSpan NodeLifetime = TimeSpan.FromDays(1);

    private const string Partition = "purge";
    private const string Row = "position";
    private const int ApplicationsPerPage = 100;
    private const int PagesPerNote = 50;

    private readonly UsageApplications applications = new(store);
    private readonly NodeReports nodes = new(store, time);

    /// <summary>Goes through every application once, or through those that an interrupted run has left.</summary>
    /// <returns>How many marks were removed.</returns>
    public async Task<long> RunAsync(CancellationToken cancellation)
    {
        var run = new Run(await PositionAsync(cancellation));
        if (run.Position.Application is { } interrupted) await PurgeAsync(run, interrupted, cancellation);
        while (await applications.ReadAsync(run.Position.Application, ApplicationsPerPage, cancellation) is { Count: > 0 } page)
        {
            foreach (var application in page)
            {
                run.Position = new Position(application, 0, null);
                await PurgeAsync(run, application, cancellation);
            }
        }
        await store.CommitAsync(UsageKeys.Table, Partition, [RowChange.Put(new Position(null, 0, null).ToRow())], cancellation);
        return run.Removed;
    }

    private async Task PurgeAsync(Run run, AppId application, CancellationToken cancellation)
    {
        for (; run.Position.Shard < UsageKeys.Shards; run.Position = new Position(application, run.Position.Shard + 1, null))
            await PurgeShardAsync(run, UsageKeys.Messages(application, run.Position.Shard), cancellation);
        await nodes.RemoveAsync(application, NodeLifetime, cancellation);
    }

    private async Task PurgeShardAsync(Run run, string partition, CancellationToken cancellation)
    {
        var limit = time.GetUtcNow() - MarkLifetime;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (++run.Pages % PagesPerNote == 0)
                await store.CommitAsync(UsageKeys.Table, Partition, [RowChange.Put(run.Position.ToRow())], cancellation);
            var range = RowRange.Prefix(UsageKeys.MarkPrefix);
            if (run.Position.Mark is { } last) range = range.StartingAfter(last);
            var marks = await store.ReadAsync(UsageKeys.Table, partition, range, TableLimits.RowsPerRead, cancellation);
            if (marks.Count == 0) return;
            // A damaged mark stays: without it, its message could be counted again.
            var old = marks.Where(mark => ReadableRows.TryRead(mark, one => one.GetDateTimeOffset(MessageLedger.CountedAt), out var at) && at < limit);
            if (!await RemoveAsync(run, partition, old.Select(mark => mark.Key), cancellation)) continue;
            run.Position = run.Position with { Mark = marks[^1].Key };
        }
    }

    // False where another run has removed one of them: then they have to be read again.
    private async Task<bool> RemoveAsync(Run run, string partition, IEnumerable<string> marks, CancellationToken cancellation)
    {
        foreach (var some in marks.Chunk(TableLimits.ChangesPerCommit))
        {
            var result = await store.CommitAsync(
                UsageKeys.Table, partition, [.. some.Select(mark => RowChange.Delete(mark))], cancellation);
            if (!result.Succeeded) return false;
            run.Removed += some.Length;
        }
        return true;
    }

    private async Task<Position> PositionAsync(CancellationToken cancellation) =>
        await store.GetAsync(UsageKeys.Table, Partition, Row, cancellation) is { } row
            ? Position.Read(row)
            : new Position(null, 0, null);

    /// <summary>The position and the result of a run.</summary>
    private sealed class Run(Position position)
    {
        public Position Position { get; set; } = position;

        public long Pages { get; set; }

        public long Removed { get; set; }
    }

    /// <summary>A position: after a mark in a shard of an application, or before all marks for null.</summary>
    private sealed record Position(AppId? Application, int Shard, string? Mark)
    {
        public static Position Read(TableRow row) => new(
            AppId.TryParse(row.GetString("Application")), (int)row.GetInt64("Shard"),
            row.GetString("Mark") is { Length: > 0 } mark ? mark : null);

        public TableRow ToRow() => new(
            Row, ("Application", Application?.ToString() ?? ""), ("Shard", Shard), ("Mark", Mark ?? ""));
    }
}
