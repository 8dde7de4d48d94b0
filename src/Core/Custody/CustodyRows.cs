using System.Runtime.CompilerServices;
using Gatehouse.Storage;

namespace Gatehouse.Custody;

/// <summary>Reads and writes what is known of applications.</summary>
internal sealed class CustodyRows(ITableStore store)
{
    private const string Partitions = "0123456789ABCDEF";

    public async ValueTask<CustodyRecord?> FindAsync(ApplicationId id, CancellationToken cancellation)
    {
        var row = await store.GetAsync(
            CustodyRecord.Table, CustodyRecord.PartitionOf(id), CustodyRecord.RowKey(id), cancellation);
        return row is null ? null : CustodyRecord.Read(row);
    }

    public async ValueTask<bool> TryInsertAsync(CustodyRecord record, CancellationToken cancellation) =>
        (await store.CommitAsync(CustodyRecord.Table, record.Partition, record.Insert(), cancellation)).Succeeded;

    /// <summary>Writes a record over the one it was made of; null where somebody else has written meanwhile.</summary>
    public async ValueTask<CustodyRecord?> TryReplaceAsync(CustodyRecord record, CancellationToken cancellation)
    {
        var result = await store.CommitAsync(CustodyRecord.Table, record.Partition, record.Replace(), cancellation);
        return result.Succeeded ? record.Written(result.ETags[0]!) : null;
    }

    public async ValueTask<bool> TryDeleteAsync(CustodyRecord record, CancellationToken cancellation) =>
        (await store.CommitAsync(CustodyRecord.Table, record.Partition, record.Delete(), cancellation)).Succeeded;

    /// <summary>The records behind an id, in the order of their ids.</summary>
    public async ValueTask<IReadOnlyList<CustodyRecord>> ReadAsync(ApplicationId? after, int most, CancellationToken cancellation)
    {
        var records = new List<CustodyRecord>(most);
        var range = RowRange.Prefix(CustodyRecord.RowPrefix);
        if (after is { } last) range = range.StartingAfter(CustodyRecord.RowKey(last));
        var first = after is { } id ? Partitions.IndexOf(CustodyRecord.PartitionOf(id), StringComparison.Ordinal) : 0;
        for (var partition = first; partition < Partitions.Length && records.Count < most; partition++)
        {
            var rows = await store.ReadAsync(
                CustodyRecord.Table, Partitions[partition].ToString(), range, most - records.Count, cancellation);
            records.AddRange(rows.Select(CustodyRecord.Read));
        }
        return records;
    }

    /// <summary>The applications that the timer has something to do for, each partition's longest due first.</summary>
    public async IAsyncEnumerable<ApplicationId> ReadDueAsync(
        DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var partition in Partitions)
        {
            var range = CustodyRecord.DueBy(now);
            while (true)
            {
                var rows = await store.ReadAsync(
                    CustodyRecord.Table, partition.ToString(), range, TableLimits.RowsPerRead, cancellation);
                foreach (var row in rows) yield return CustodyRecord.DueApplication(row);
                if (rows.Count < TableLimits.RowsPerRead) break;
                range = range.StartingAfter(rows[^1].Key);
            }
        }
    }
}
