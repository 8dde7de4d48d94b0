using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>The applications with usage, including deleted ones. The purge goes through this list.</summary>
internal sealed class UsageApplications(ITableStore store)
{
    private const string Partition = "applications";
    private const string Prefix = "a:";
    private const int CachedApplications = 4096;

    private readonly GenerationCache<AppId, bool> known = new(CachedApplications);

    /// <summary>Makes sure that an application is in the list, before anything else is written for it.</summary>
    public async ValueTask AddAsync(AppId application, CancellationToken cancellation)
    {
        if (known.TryGet(application, out _)) return;
        var row = Prefix + application;
        if (await store.GetAsync(UsageKeys.Table, Partition, row, cancellation) is null)
            (await store.CommitAsync(UsageKeys.Table, Partition, [RowChange.Put(new TableRow(row))], cancellation)).OrThrow();
        known.Set(application, true);
    }

    /// <summary>The next applications in the order of their ids; empty at the end.</summary>
    public async Task<IReadOnlyList<AppId>> ReadAsync(AppId? after, int most, CancellationToken cancellation)
    {
        var range = RowRange.Prefix(Prefix);
        if (after is { } last) range = range.StartingAfter(Prefix + last);
        var rows = await store.ReadAsync(UsageKeys.Table, Partition, range, most, cancellation);
        return ReadableRows.Of(rows, row => ApplicationRows.IdOf(row.Key, row.Key.AsSpan(Prefix.Length)));
    }
}
