using System.Collections.Concurrent;
using Gatehouse.Access.Callers;
using Gatehouse.Storage;

namespace Gatehouse.Access.Audit;

/// <summary>
/// Reads the audit trail, newest first, by merging its partitions, which are in that order. A page continues after the last
/// entry that was read, so new entries do not shift it.
/// </summary>
/// <remarks>
/// <para>A page of the newest entries reads 32 partitions, those of the applications and those of the limits, or 2 for one
/// application; 48 or 18 if the trail is apart. The first read of each is sized so that most need no second one: for a page of
/// 100, 9 rows of 32 partitions. A partition that has more on the page is read again: as many rows, then 4 times as many each
/// time, up to 1,000.</para>
/// <para>Partitions that only earlier versions wrote to are read where the page is as old as their newest entry, which is
/// remembered for <see cref="MemoryTime"/>. So what an instance of an earlier version writes during an upgrade appears after at
/// most that time.</para>
/// <para>A page looks at no more than <see cref="MostRowsPerPage"/> rows. If a filter matches few of them, the page is short, and
/// the next page continues.</para>
/// </remarks>
public sealed class AuditReader(ITableStore store, AuditTrail trail, AccessKeys keys, TimeProvider time)
{
    /// <summary>How long it is remembered what the newest entry of a quiet partition is.</summary>
    public static readonly TimeSpan MemoryTime = TimeSpan.FromMinutes(5);

    /// <summary>The most entries on a page.</summary>
    public const int MostPerPage = 100;

    /// <summary>The most rows that are read for one page.</summary>
    public const int MostRowsPerPage = 5000;

    private const int Growth = 4;

    private readonly ITableStore store = store;
    private readonly TimeProvider time = time;

    // By partition: the key of its newest row, or null if the partition is empty, and the time of that read.
    private readonly ConcurrentDictionary<(string Table, string Partition), (string? Newest, long At)> quiet = new();

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
        var merge = await OpenAsync(filter.Application, range, limit, cancellation);
        while (merge.TryDequeue(out var partition, out var key))
        {
            if (!partition.HasRow)
            {
                await partition.ReadAsync(cancellation);
                partition.AddTo(merge);
                continue;
            }
            if (entries.Count == limit || lookedAt == MostRowsPerPage)
                return new AuditPage(entries, PageToken.Write(AuditPosition.Of(last!).ToGuid(), keys.AuditPages));
            var row = partition.Take(merge);
            // The start of a creation, and its end in the application's partition.
            while (merge.TryPeek(out var other, out var same) && same == key)
            {
                merge.Dequeue();
                var twin = other.Take(merge);
                if (row.Find("EndedAt") is null) row = twin;
            }
            if (!ReadableRows.TryRead(row, AuditEntry.Read, out var entry)) continue;
            lookedAt++;
            last = entry;
            if (filter.Takes(entry) && (!reader.IsConfined || (entry.Application is { } about && reader.Reaches(about)))) entries.Add(entry);
        }
        return new AuditPage(entries, "");
    }

    private async Task<PriorityQueue<Cursor, string>> OpenAsync(
        AppId? application, RowRange range, int limit, CancellationToken cancellation)
    {
        var places = trail.Partitions(application).ToList();
        var first = Math.Min(1 + Math.Max(limit / 12, 2 * limit / places.Count(place => !place.IsQuiet)), TableLimits.RowsPerRead);
        var cursors = places.ConvertAll(place => new Cursor(this, place.Table, place.Partition, place.IsQuiet, range, first));
        await Task.WhenAll(cursors.Where(cursor => !cursor.Remembers()).GroupBy(cursor => cursor.Table).Select(async table =>
        {
            List<string> partitions = [.. table.Select(cursor => cursor.Partition)];
            var read = await store.ReadEachAsync(table.Key, partitions, range, first, cancellation);
            foreach (var (cursor, rows) in table.Zip(read)) cursor.Accept(rows);
        }));
        var merge = new PriorityQueue<Cursor, string>(StringComparer.Ordinal);
        foreach (var cursor in cursors) cursor.AddTo(merge);
        return merge;
    }

    /// <summary>One partition, row by row. It is read when the merge comes to the place after its last row.</summary>
    private sealed class Cursor(AuditReader reader, string table, string partition, bool isQuiet, RowRange range, int first)
    {
        private IReadOnlyList<TableRow> rows = [];
        private int next;
        private int most = first;
        private RowRange left = range;
        private bool ended;

        public string Table => table;

        public string Partition => partition;

        public bool HasRow => next < rows.Count;

        /// <summary>Continues at the newest row that is remembered; false where none is.</summary>
        public bool Remembers()
        {
            if (!isQuiet || !reader.quiet.TryGetValue((table, partition), out var known)) return false;
            if (reader.time.GetElapsedTime(known.At) >= MemoryTime) return false;
            if (known.Newest is null) ended = true;
            else if (string.CompareOrdinal(known.Newest, left.From) > 0) left = left with { From = known.Newest };
            return true;
        }

        public async Task ReadAsync(CancellationToken cancellation)
        {
            Accept(await reader.store.ReadAsync(table, partition, left, most, cancellation));
            most = Math.Min(most * Growth, TableLimits.RowsPerRead);
        }

        /// <summary>Takes the rows that were read next.</summary>
        public void Accept(IReadOnlyList<TableRow> read)
        {
            rows = read;
            // A row's whole key may be another partition's too, and this one must be read before that row.
            if (isQuiet && left == AuditPosition.All)
                reader.quiet[(table, partition)] = (rows is [var newest, ..] ? newest.Key[..^1] : null, reader.time.GetTimestamp());
            next = 0;
            ended = rows.Count < most;
            if (rows.Count > 0) left = left.StartingAfter(rows[^1].Key);
        }

        public TableRow Take(PriorityQueue<Cursor, string> merge)
        {
            var row = rows[next++];
            AddTo(merge);
            return row;
        }

        public void AddTo(PriorityQueue<Cursor, string> merge)
        {
            if (HasRow) merge.Enqueue(this, rows[next].Key);
            else if (!ended) merge.Enqueue(this, left.From!);
        }
    }
}
