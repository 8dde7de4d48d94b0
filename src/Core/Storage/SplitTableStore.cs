namespace Gatehouse.Storage;

/// <summary>Two stores as one: the second holds one table, the first all others. A commit concerns one table, so it stays atomic.</summary>
/// <param name="store">Holds all tables but one.</param>
/// <param name="table">The table that the other store holds.</param>
/// <param name="other">Holds that table.</param>
public sealed class SplitTableStore(ITableStore store, string table, ITableStore other) : ITableStore, IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
        StoreOf(table).GetAsync(table, partition, row, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) =>
        StoreOf(table).GetManyAsync(table, partition, rows, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation) =>
        StoreOf(table).ReadAsync(table, partition, range, most, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation) =>
        StoreOf(table).ReadEachAsync(table, partitions, range, most, cancellation);

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
        StoreOf(table).CommitAsync(table, partition, changes, cancellation);

    /// <summary>Disposes of both stores, where they are disposable.</summary>
    public async ValueTask DisposeAsync()
    {
        if (store is IAsyncDisposable one) await one.DisposeAsync();
        if (other is IAsyncDisposable two) await two.DisposeAsync();
    }

    private ITableStore StoreOf(string name) => name == table ? other : store;
}
