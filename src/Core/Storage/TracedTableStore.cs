using System.Diagnostics;
using Gatehouse.Telemetry;

namespace Gatehouse.Storage;

/// <summary>A table store whose commits are traced. Spans show the table, never a key or a value.</summary>
public sealed class TracedTableStore(ITableStore store) : ITableStore, IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
        store.GetAsync(table, partition, row, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) =>
        store.GetManyAsync(table, partition, rows, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation) =>
        store.ReadAsync(table, partition, range, most, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation) =>
        store.ReadEachAsync(table, partitions, range, most, cancellation);

    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
    {
        using var span = Spans.Start("store commit", ActivityKind.Client);
        span?.SetTag("gatehouse.table", table);
        span?.SetTag("gatehouse.changes", changes.Count);
        try
        {
            var result = await store.CommitAsync(table, partition, changes, cancellation);
            span?.SetTag("gatehouse.outcome", result.Succeeded ? "done" : result.Failure.ToString());
            return result;
        }
        catch (Exception e)
        {
            span.Fail(e);
            throw;
        }
    }

    /// <summary>Disposes of the inner store, where it is disposable.</summary>
    public ValueTask DisposeAsync() => store is IAsyncDisposable open ? open.DisposeAsync() : ValueTask.CompletedTask;
}
