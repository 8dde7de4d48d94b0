using System.Collections.Concurrent;
using Gatehouse.Storage;

namespace Gatehouse.Tests.Storage;

/// <summary>A store that counts the calls of each method and table, such as <c>Get Custody</c>.</summary>
internal sealed class ReadCounter(ITableStore inner) : InterposedStore(inner)
{
    private readonly ConcurrentDictionary<string, int> calls = new(StringComparer.Ordinal);

    /// <summary>The calls since the last time, in the order of their names.</summary>
    public IReadOnlyList<string> Take()
    {
        string[] taken = [.. calls.OrderBy(call => call.Key, StringComparer.Ordinal).Select(call => $"{call.Value} {call.Key}")];
        calls.Clear();
        return taken;
    }

    /// <summary>Runs before each commit; null for nothing.</summary>
    public Func<Task>? BeforeCommit { get; set; }

    public override ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation)
    {
        Count($"Get {table}");
        return base.GetAsync(table, partition, row, cancellation);
    }

    public override ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation)
    {
        Count($"GetMany {table}");
        return base.GetManyAsync(table, partition, rows, cancellation);
    }

    public override ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation)
    {
        Count($"Read {table}");
        return base.ReadAsync(table, partition, range, most, cancellation);
    }

    public override ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation)
    {
        Count($"ReadEach {table}");
        return base.ReadEachAsync(table, partitions, range, most, cancellation);
    }

    public override async ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
    {
        Count($"Commit {table}");
        if (BeforeCommit is { } act) await act();
        return await base.CommitAsync(table, partition, changes, cancellation);
    }

    private void Count(string call) => calls.AddOrUpdate(call, 1, (_, count) => count + 1);
}
