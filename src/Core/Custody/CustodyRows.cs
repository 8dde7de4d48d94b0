using System.Runtime.CompilerServices;
using Gatehouse.Access.Audit;
using Gatehouse.Common;
using Gatehouse.Platform;
using Gatehouse.Storage;

namespace Gatehouse.Custody;

/// <summary>Reads and writes the records of applications.</summary>
internal sealed class CustodyRows(ITableStore store)
{
    public async ValueTask<CustodyRecord?> FindAsync(AppId id, CancellationToken cancellation)
    {
        var row = await store.GetAsync(
            CustodyRecord.Table, HexPartitions.Of(id), CustodyRecord.RowKey(id), cancellation);
        return row?.As(CustodyRecord.Read);
    }

    /// <summary>Begins to read the rows of applications, in one read for each of their partitions.</summary>
    public Dictionary<string, Task<Dictionary<AppId, TableRow?>>> FindMany(
        IEnumerable<Application> applications, CancellationToken cancellation) =>
        applications.GroupBy(application => HexPartitions.Of(application.Id), application => application.Id).ToDictionary(
            ids => ids.Key,
            async ids =>
            {
                var found = await store.GetManyAsync(CustodyRecord.Table, ids.Key, [.. ids.Select(CustodyRecord.RowKey)], cancellation);
                return ids.Zip(found).ToDictionary(one => one.First, one => one.Second);
            });

    public async ValueTask<bool> TryInsertAsync(CustodyRecord record, CallRows call, CancellationToken cancellation) =>
        (await CommitAsync(record, record.Insert(), call, cancellation)).Succeeded;

    /// <summary>Inserts records of one partition, all or none.</summary>
    public async ValueTask<bool> TryInsertAsync(IReadOnlyList<CustodyRecord> records, CancellationToken cancellation) =>
        (await store.CommitAsync(
            CustodyRecord.Table, records[0].Partition, [.. records.SelectMany(record => record.Insert())], cancellation)).Succeeded;

    /// <summary>Replaces the record that was read; null where it was changed meanwhile.</summary>
    public async ValueTask<CustodyRecord?> TryReplaceAsync(CustodyRecord record, CallRows call, CancellationToken cancellation)
    {
        var result = await CommitAsync(record, record.Replace(), call, cancellation);
        return result.Succeeded ? record.Written(result.ETags[0]!) : null;
    }

    public async ValueTask<bool> TryDeleteAsync(CustodyRecord record, CancellationToken cancellation) =>
        (await CommitAsync(record, record.Delete(), default, cancellation)).Succeeded;

    private async ValueTask<CommitResult> CommitAsync(
        CustodyRecord record, IReadOnlyList<RowChange> changes, CallRows call, CancellationToken cancellation)
    {
        var result = await store.CommitAsync(CustodyRecord.Table, record.Partition, [.. changes, .. call.Changes ?? []], cancellation);
        if (result.Succeeded) call.Committed?.Invoke();
        return result;
    }

    /// <summary>The records after an id, in the order of their ids, as a reader makes them of their rows.</summary>
    public async ValueTask<IReadOnlyList<T>> ReadAsync<T>(
        AppId? after, int most, Func<TableRow, T> read, CancellationToken cancellation) =>
        await ApplicationRows.ReadAsync(store, CustodyRecord.Table, CustodyRecord.RowPrefix, after, most, read, cancellation);

    /// <summary>The applications with work for the timer. In each partition, the longest overdue come first.</summary>
    public async IAsyncEnumerable<AppId> ReadDueAsync(
        DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var partition in HexPartitions.OfApplications)
        {
            var range = CustodyRecord.DueBy(now);
            while (true)
            {
                var rows = await store.ReadAsync(
                    CustodyRecord.Table, partition, range, TableLimits.RowsPerRead, cancellation);
                foreach (var application in ReadableRows.Of(rows, CustodyRecord.DueApplication)) yield return application;
                if (rows.Count < TableLimits.RowsPerRead) break;
                range = range.StartingAfter(rows[^1].Key);
            }
        }
    }
}
