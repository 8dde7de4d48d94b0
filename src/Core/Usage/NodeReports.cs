using System.Text;
using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>The open connections that chat nodes report: a row for each node, with the time of its last report.</summary>
/// <remarks>
/// An application has at most <see cref="Most"/> nodes. This holds under concurrency: adding or removing a node also writes
/// one row of their partition, the guard, whose ETag covers the whole list.
/// </remarks>
internal sealed class NodeReports(ITableStore store, TimeProvider time)
{
    /// <summary>The most nodes of an application. With the guard, they fit into one read.</summary>
    public const int Most = TableLimits.RowsPerRead - 1;

    /// <summary>How long a report is valid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    private const string Guard = "guard";
    private const string NodePrefix = "n:";
    private const string At = "At";
    private const string Count = "Count";
    private const int RemovalsPerCommit = TableLimits.ChangesPerCommit - 2;

    /// <summary>Stores a node's report; false where the application has the most nodes already.</summary>
    public async Task<bool> ReportAsync(AppId application, string node, int connections, CancellationToken cancellation)
    {
        var partition = UsageKeys.Nodes(application);
        var key = UsageKeys.Hash(NodePrefix, UsageEvent.Hash128(Encoding.UTF8.GetBytes(node)));
        var report = new TableRow(key, ("Node", node), (Count, connections), (At, time.GetUtcNow()));
        while (true)
        {
            if (await store.GetAsync(UsageKeys.Table, partition, key, cancellation) is { ETag: { } etag })
            {
                if (await CommitAsync(partition, [RowChange.Replace(report, etag)], cancellation)) return true;
                continue;
            }
            var (guard, nodes) = await ReadAsync(application, cancellation);
            var removed = nodes.Count < Most ? [] : Silent(nodes, Lifetime);
            if (nodes.Count - removed.Count >= Most) return false;
            if (await CommitAsync(partition, [RowChange.Insert(report), .. Changes(guard, removed)], cancellation)) return true;
        }
    }

    /// <summary>The sum of connections over all nodes with a valid report.</summary>
    public async Task<long> SumAsync(AppId application, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var (_, nodes) = await ReadAsync(application, cancellation);
        return nodes.Where(node => now - node.GetDateTimeOffset(At) < Lifetime).Sum(node => node.GetInt64(Count));
    }

    /// <summary>Removes the nodes that have not reported for this long.</summary>
    public async Task RemoveAsync(AppId application, TimeSpan silence, CancellationToken cancellation)
    {
        while (true)
        {
            var (guard, nodes) = await ReadAsync(application, cancellation);
            var removed = Silent(nodes, silence);
            if (removed.Count == 0) return;
            await CommitAsync(UsageKeys.Nodes(application), Changes(guard, removed), cancellation);
        }
    }

    // One read, so a consistent view. The partition has no other rows.
    private async Task<(TableRow? Guard, IReadOnlyList<TableRow> Nodes)> ReadAsync(
        AppId application, CancellationToken cancellation)
    {
        var rows = await store.ReadAsync(
            UsageKeys.Table, UsageKeys.Nodes(application), RowRange.All, TableLimits.RowsPerRead, cancellation);
        return rows is [{ Key: Guard } guard, ..] ? (guard, [.. rows.Skip(1)]) : (null, rows);
    }

    private List<TableRow> Silent(IReadOnlyList<TableRow> nodes, TimeSpan silence)
    {
        var limit = time.GetUtcNow() - silence;
        return [.. nodes.Where(node => node.GetDateTimeOffset(At) <= limit).Take(RemovalsPerCommit)];
    }

    private static List<RowChange> Changes(TableRow? guard, List<TableRow> removed)
    {
        var row = new TableRow(Guard);
        return
        [
            guard?.ETag is { } etag ? RowChange.Replace(row, etag) : RowChange.Insert(row),
            .. removed.Select(node => RowChange.Delete(node.Key, node.ETag)),
        ];
    }

    private async Task<bool> CommitAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
        (await store.CommitAsync(UsageKeys.Table, partition, changes, cancellation)).Succeeded;
}
