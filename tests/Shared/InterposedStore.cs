using Gatehouse.Storage;

namespace Gatehouse.Tests;

/// <summary>A store that passes everything on to another; tests override what they need.</summary>
public abstract class InterposedStore(ITableStore inner) : ITableStore
{
    /// <summary>The other store.</summary>
    protected virtual ITableStore Inner => inner;

    /// <inheritdoc />
    public virtual ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
        Inner.GetAsync(table, partition, row, cancellation);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) =>
        Inner.GetManyAsync(table, partition, rows, cancellation);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation) =>
        Inner.ReadAsync(table, partition, range, most, cancellation);

    /// <inheritdoc />
    public virtual ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation) =>
        Inner.ReadEachAsync(table, partitions, range, most, cancellation);

    /// <inheritdoc />
    public virtual ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
        Inner.CommitAsync(table, partition, changes, cancellation);
}
