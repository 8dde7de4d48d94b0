using System.Collections.Concurrent;
using Gatehouse.Storage;

namespace Gatehouse.Bench.Harness;

/// <summary>Wraps a store, and counts the commits to each table.</summary>
internal sealed class CountedStore(ITableStore store) : ITableStore
{
    private readonly ConcurrentDictionary<string, int> commits = new();

    /// <summary>The number of commits to a table.</summary>
    public int Commits(string table) => commits.GetValueOrDefault(table);

    public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
        store.GetAsync(table, partition, row, cancellation);

    public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) =>
        store.GetManyAsync(table, partition, rows, cancellation);

    public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation) =>
        store.ReadAsync(table, partition, range, most, cancellation);

    public ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation) =>
        store.ReadEachAsync(table, partitions, range, most, cancellation);

    public ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
    {
        commits.AddOrUpdate(table, 1, (_, count) => count + 1);
        return store.CommitAsync(table, partition, changes, cancellation);
    }
}
