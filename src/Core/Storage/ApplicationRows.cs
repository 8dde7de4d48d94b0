using Gatehouse.Common;

namespace Gatehouse.Storage;

/// <summary>Rows that are keyed by an application id and spread over <see cref="HexPartitions.OfApplications"/>.</summary>
internal static class ApplicationRows
{
    /// <summary>
    /// The first rows after an id, in the order of the ids, without those that cannot be read (<see cref="ReadableRows"/>).
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="table">The table.</param>
    /// <param name="prefix">What row keys have before the id.</param>
    /// <param name="after">The last id of the page before; null for the first page.</param>
    /// <param name="most">The most rows.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="cancellation">Cancels.</param>
    public static async Task<List<T>> ReadAsync<T>(
        ITableStore store, string table, string prefix, AppId? after, int most, Func<TableRow, T> read,
        CancellationToken cancellation)
    {
        var found = new List<T>(most);
        var range = RowRange.Prefix(prefix);
        if (after is { } last) range = range.StartingAfter($"{prefix}{last}");
        foreach (var partition in HexPartitions.StartingAt(after))
        {
            var left = range;
            while (found.Count < most)
            {
                var wanted = most - found.Count;
                var rows = await store.ReadAsync(table, partition, left, wanted, cancellation);
                found.AddRange(ReadableRows.Of(rows, read));
                if (rows.Count < wanted) break;
                left = left.StartingAfter(rows[^1].Key);
            }
        }
        return found;
    }

    /// <summary>The application id that a part of a row key holds.</summary>
    /// <param name="key">The row's key, for the message.</param>
    /// <param name="id">The part of it that is the id.</param>
    /// <exception cref="RowFormatException">That part is not an id.</exception>
    public static AppId IdOf(string key, ReadOnlySpan<char> id) => AppId.TryParse(id)
        ?? throw new RowFormatException($"Row '{key}' is not keyed by an application id.");
}
