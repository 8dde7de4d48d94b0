namespace Gatehouse.Storage;

/// <summary>
/// Rows under a partition key, ordered by row key, each with an ETag: the model of Azure Table Storage. Code written against
/// it works on every store.
/// </summary>
/// <remarks>
/// <para>Row keys are ordered by ordinal comparison. A read that starts after a commit was answered sees that commit, in
/// every process that shares the store. A commit is durable before it is answered.</para>
/// <para>Azure gives a partition about 2,000 rows a second and an account about 20,000 (Azure Storage scalability targets):
/// keys are chosen so that no partition takes all the writes.</para>
/// <para>Every method throws <see cref="StoreUnavailableException"/> when the store cannot answer, and
/// <see cref="ArgumentException"/> for keys or rows outside <see cref="TableLimits"/>. All stores behave the same.</para>
/// </remarks>
public interface ITableStore
{
    /// <summary>The row with this key; null if there is none.</summary>
    ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation);

    /// <summary>The rows with these keys, 1 to 1,000, each at its key's index; null for a key without a row.</summary>
    ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation);

    /// <summary>The first <paramref name="most"/> rows (1 to 1,000) of a range, in the order of their keys.</summary>
    ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation);

    /// <summary>
    /// The first <paramref name="most"/> rows (1 to 1,000) of a range in each of several partitions, at the partition's index. SQLite
    /// reads them in one snapshot; other stores get a request for each partition, all at the same time.
    /// </summary>
    async ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation) =>
        await Task.WhenAll(partitions.Select(partition => ReadAsync(table, partition, range, most, cancellation).AsTask()));

    /// <summary>
    /// Makes 1 to 100 changes to different rows of one partition, all or none. If it fails, the result names the first
    /// change that failed, and nothing was changed.
    /// </summary>
    /// <remarks>
    /// If this throws or is cancelled, all changes were made or none, and it is not known which. If two callers delete the
    /// same rows without ETags at the same time, both can get the answer that they succeeded. To make sure that only one does,
    /// delete by ETag.
    /// </remarks>
    ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation);
}
