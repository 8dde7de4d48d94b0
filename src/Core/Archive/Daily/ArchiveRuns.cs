using Gatehouse.Storage;

namespace Gatehouse.Archive.Daily;

/// <summary>A page of runs.</summary>
/// <param name="Runs">The newest first, without those whose row is damaged.</param>
/// <param name="Next">The id of the page's last run, to request the next page with; null on the last page.</param>
public sealed record ArchiveRunPage(IReadOnlyList<ArchiveRun> Runs, Guid? Next);

/// <summary>The runs of the archive: table <c>Archive</c>, partition <c>runs</c>, the newest first.</summary>
public sealed class ArchiveRuns(ITableStore store, ArchiveSettings settings, TimeProvider time)
{
    private const string Partition = "runs";

    // More than one, because the newest may be damaged.
    private const int NewestRead = 3;

    /// <summary>A page of the runs, the newest first.</summary>
    /// <param name="after">The next value of the page before; null for the first page.</param>
    /// <param name="limit">1 to 100.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<ArchiveRunPage> ListAsync(Guid? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 100);
        var range = after is { } last ? RowRange.All.StartingAfter(ArchiveRun.RowKey(last)) : RowRange.All;
        var rows = await store.ReadAsync(ArchiveRows.OperationsTable, Partition, range, limit + 1, cancellation);
        var now = time.GetUtcNow();
        return new ArchiveRunPage(
            ReadableRows.Of(rows.Take(limit), row => ArchiveRun.Read(row, now, settings.InterruptedAfter)),
            rows.Count > limit ? rows.Take(limit).Select(IdOf).LastOrDefault(id => id is not null) : null);
    }

    internal async Task<ArchiveRun?> NewestAsync(CancellationToken cancellation) =>
        (await ListAsync(null, NewestRead, cancellation)).Runs is [var newest, ..] ? newest : null;

    internal async Task WriteAsync(ArchiveRun run, CancellationToken cancellation) =>
        (await store.CommitAsync(ArchiveRows.OperationsTable, Partition, [RowChange.Put(run.ToRow())], cancellation)).OrThrow();

    private static Guid? IdOf(TableRow row) => Guid.TryParseExact(row.Key, "N", out var id) ? id : null;
}
