using Gatehouse.Access.Callers;
using Gatehouse.Storage;

namespace Gatehouse.Access.Audit;

/// <summary>
/// Reads the audit trail, newest first, by merging its partitions, which are in that order. A page continues after the last
/// entry that was read, so new entries do not shift it.
/// </summary>
/// <remarks>
/// A page reads at most <see cref="MostRowsPerPage"/> rows, in reads of 16, 64, 256 and 1,000 rows for each partition. If a
/// filter matches few of them, the page is short, and the next page continues.
/// </remarks>
public sealed class AuditReader(ITableStore store, AuditTrail trail, AccessKeys keys)
{
    /// <summary>The most entries on a page.</summary>
    public const int MostPerPage = 100;

    /// <summary>The most rows that are read for one page.</summary>
    public const int MostRowsPerPage = 5000;

    private const int FirstRead = 16;
    private const int Growth = 4;

    /// <summary>
    /// A page of the entries that match a filter and that the reader may see: a reader confined to some applications sees
    /// only entries about those. Null where the page token is not valid.
    /// </summary>
    /// <param name="reader">The reader.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="limit">1 to 100.</param>
    /// <param name="pageToken">The next value of the page before; null or empty for the first page.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<AuditPage?> ReadAsync(
        Caller reader, AuditFilter filter, int limit, string? pageToken, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MostPerPage);
        var range = AuditPosition.Between(filter.From, filter.Before);
        if (!string.IsNullOrEmpty(pageToken))
        {
            if (PageToken.Read(pageToken, keys.AuditPages) is not { } position) return null;
            // If the filter was changed meanwhile to start later, reading starts there.
            var after = range.StartingAfter(AuditPosition.From(position).RowKey);
            if (string.CompareOrdinal(after.From, range.From) > 0) range = after;
        }
        if (range is { From: { } from, Before: { } before } && string.CompareOrdinal(from, before) >= 0) return new AuditPage([], "");

        var entries = new List<AuditEntry>();
        AuditEntry? last = null;
        var lookedAt = 0;
        var merge = await OpenAsync(filter.Application, range, cancellation);
        while (merge.TryDequeue(out var partition, out _))
        {
            if (entries.Count == limit || lookedAt == MostRowsPerPage)
                return new AuditPage(entries, PageToken.Write(AuditPosition.Of(last!).ToGuid(), keys.AuditPages));
            if (ReadableRows.TryRead(partition.Current, AuditEntry.Read, out var entry))
            {
                lookedAt++;
                last = entry;
                if (filter.Takes(entry) && (!reader.IsConfined || (entry.Application is { } about && reader.Reaches(about)))) entries.Add(entry);
            }
            if (await partition.MoveNextAsync(cancellation)) merge.Enqueue(partition, partition.Current.Key);
        }
        return new AuditPage(entries, "");
    }

    private async Task<PriorityQueue<Cursor, string>> OpenAsync(
        AppId? application, RowRange range, CancellationToken cancellation)
    {
        var cursors = trail.Partitions(application).Distinct()
            .Select(place => new Cursor(store, place.Table, place.Partition, range)).ToList();
        var any = await Task.WhenAll(cursors.Select(cursor => cursor.MoveNextAsync(cancellation).AsTask()));
        var merge = new PriorityQueue<Cursor, string>(StringComparer.Ordinal);
        foreach (var (cursor, has) in cursors.Zip(any))
            if (has) merge.Enqueue(cursor, cursor.Current.Key);
        return merge;
    }

    /// <summary>One partition, row by row.</summary>
    private sealed class Cursor(ITableStore store, string table, string partition, RowRange range)
    {
        private IReadOnlyList<TableRow> rows = [];
        private int next;
        private int most = FirstRead;
        private RowRange left = range;
        private bool ended;

        public TableRow Current => rows[next - 1];

        public async ValueTask<bool> MoveNextAsync(CancellationToken cancellation)
        {
            if (next == rows.Count && !ended)
            {
                rows = await store.ReadAsync(table, partition, left, most, cancellation);
                next = 0;
                ended = rows.Count < most;
                if (rows.Count > 0) left = left.StartingAfter(rows[^1].Key);
                most = Math.Min(most * Growth, TableLimits.RowsPerRead);
            }
            return next++ < rows.Count;
        }
    }
}
