using System.Collections.Concurrent;
using Gatehouse.Storage;

namespace Gatehouse.Tests.Archive;

/// <summary>A store that records the commits to another one, and runs code of the test before each.</summary>
internal sealed class CountingStore(ITableStore store) : InterposedStore(store)
{
    /// <summary>The commits so far: the table, and how many changes.</summary>
    public ConcurrentQueue<(string Table, int Changes)> Commits { get; } = new();

    /// <summary>The tables of the reads of ranges so far, once for each partition.</summary>
    public ConcurrentQueue<string> Reads { get; } = new();

    /// <summary>Runs before each commit to a table; null for nothing.</summary>
    public Func<string, Task>? BeforeCommit { get; set; }

    /// <summary>Runs after each commit to a table; null for nothing.</summary>
    public Action<string>? Committed { get; set; }

    /// <summary>The number of commits to a table.</summary>
    public int Count(string table) => Commits.Count(commit => commit.Table == table);

    public override ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation)
    {
        Reads.Enqueue(table);
        return Inner.ReadAsync(table, partition, range, most, cancellation);
    }

    public override ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation)
    {
        foreach (var _ in partitions) Reads.Enqueue(table);
        return Inner.ReadEachAsync(table, partitions, range, most, cancellation);
    }

    public override async ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
    {
        if (BeforeCommit is { } act) await act(table);
        Commits.Enqueue((table, changes.Count));
        var result = await Inner.CommitAsync(table, partition, changes, cancellation);
        Committed?.Invoke(table);
        return result;
    }
}
