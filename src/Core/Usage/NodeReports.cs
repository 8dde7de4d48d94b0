using System.Collections.Frozen;
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
    private const int RemovalsPerCommit = TableLimits.ChangesPerCommit - 1;

    private static readonly FrozenSet<string> NoNodes = [];

    /// <summary>
    /// Stores the reports of nodes, in one read and a commit for about a hundred of them. Returns the nodes that are refused:
    /// the application has the most nodes already.
    /// </summary>
    /// <param name="application">The application.</param>
    /// <param name="connections">The connections of each node.</param>
    /// <param name="cancellation">Cancels between two commits.</param>
    public async Task<IReadOnlySet<string>> ReportAsync(
        AppId application, IReadOnlyDictionary<string, int> connections, CancellationToken cancellation)
    {
        var left = new Dictionary<string, Report>(connections.Count, StringComparer.Ordinal);
        foreach (var (node, count) in connections)
        {
            var key = UsageKeys.Hash(NodePrefix, UsageEvent.Hash128(Encoding.UTF8.GetBytes(node)));
            left[key] = new Report(node, new TableRow(key, ("Node", node), (Count, count), (At, time.GetUtcNow())));
        }
        // One known node, as most requests have, needs no list.
        if (left.Count == 1 && await TryReplaceAsync(application, left.Values.Single().Row, cancellation)) return NoNodes;
        while (left.Count > 0)
        {
            var (guard, nodes) = await ReadAsync(application, cancellation);
            if (await TryReportAsync(application, left, guard, nodes, cancellation)) return left.Values.Select(report => report.Node).ToHashSet();
        }
        return NoNodes;
    }

    private async Task<bool> TryReplaceAsync(AppId application, TableRow report, CancellationToken cancellation)
    {
        var partition = UsageKeys.Nodes(application);
        while (await store.GetAsync(UsageKeys.Table, partition, report.Key, cancellation) is { ETag: { } etag })
            if (await CommitAsync(partition, [RowChange.Replace(report, etag)], cancellation)) return true;
        return false;
    }

    // Removes what is stored from the reports; those that stay are refused. False where another instance has written meanwhile:
    // then the list has to be read again.
    private async Task<bool> TryReportAsync(
        AppId application, Dictionary<string, Report> left, TableRow? guard, IReadOnlyList<TableRow> nodes,
        CancellationToken cancellation)
    {
        var partition = UsageKeys.Nodes(application);
        var known = nodes.ToDictionary(node => node.Key, StringComparer.Ordinal);
        var added = left.Keys.Where(key => !known.ContainsKey(key)).ToList();
        var excess = nodes.Count + added.Count - Most;
        var removed = excess <= 0 ? [] : Silent(nodes, Lifetime).Where(node => !left.ContainsKey(node.Key)).Take(excess).ToList();
        // Removals first, so that there are never too many.
        List<RowChange> listed =
        [
            .. removed.Select(node => RowChange.Delete(node.Key, node.ETag)),
            .. added.Take(Most - nodes.Count + removed.Count).Select(key => RowChange.Insert(left[key].Row)),
        ];
        foreach (var some in listed.Chunk(TableLimits.ChangesPerCommit - 1))
        {
            var result = await store.CommitAsync(UsageKeys.Table, partition, [Renewed(guard), .. some], cancellation);
            if (!result.Succeeded) return false;
            guard = new TableRow(Guard, result.ETags[0], []);
            foreach (var change in some) left.Remove(change.Row.Key);
        }
        foreach (var some in left.Values.Where(report => known.ContainsKey(report.Row.Key)).Chunk(TableLimits.ChangesPerCommit))
        {
            var changes = some.Select(report => RowChange.Replace(report.Row, known[report.Row.Key].ETag!)).ToList();
            if (!await CommitAsync(partition, changes, cancellation)) return false;
            foreach (var report in some) left.Remove(report.Row.Key);
        }
        return true;
    }

    /// <summary>The sum of connections over all nodes with a valid report.</summary>
    public async Task<long> SumAsync(AppId application, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var (_, nodes) = await ReadAsync(application, cancellation);
        return ReadableRows.Of(nodes, node => now - node.GetDateTimeOffset(At) < Lifetime ? node.GetInt64(Count) : 0).Sum();
    }

    /// <summary>Removes the nodes that have not reported for this long, and those whose report is damaged.</summary>
    public async Task RemoveAsync(AppId application, TimeSpan silence, CancellationToken cancellation)
    {
        while (true)
        {
            var (guard, nodes) = await ReadAsync(application, cancellation);
            var removed = Silent(nodes, silence).Take(RemovalsPerCommit).Select(node => RowChange.Delete(node.Key, node.ETag)).ToList();
            if (removed.Count == 0) return;
            await CommitAsync(UsageKeys.Nodes(application), [Renewed(guard), .. removed], cancellation);
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

    private IEnumerable<TableRow> Silent(IReadOnlyList<TableRow> nodes, TimeSpan silence)
    {
        var limit = time.GetUtcNow() - silence;
        return nodes.Where(node => !ReadableRows.TryRead(node, one => one.GetDateTimeOffset(At), out var at) || at <= limit);
    }

    private static RowChange Renewed(TableRow? guard) =>
        guard?.ETag is { } etag ? RowChange.Replace(new TableRow(Guard), etag) : RowChange.Insert(new TableRow(Guard));

    private async Task<bool> CommitAsync(string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
        (await store.CommitAsync(UsageKeys.Table, partition, changes, cancellation)).Succeeded;

    /// <summary>A node's report as a row.</summary>
    private sealed record Report(string Node, TableRow Row);
}
