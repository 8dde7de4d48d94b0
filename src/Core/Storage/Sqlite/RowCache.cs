namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Rows, and the absence of rows, as they were after one transaction: for point reads. An entry counts only while that
/// transaction is the file's last, which every lookup asks, so that nothing found here is stale, in any process.
/// </summary>
/// <remarks>
/// Each key has one place, and takes it from whatever was there: at most <see cref="Places"/> rows of at most
/// <see cref="MostBytes"/> encoded bytes are kept.
/// </remarks>
internal sealed class RowCache
{
    private const int Places = 4096;
    private const int MostBytes = 2048;

    private readonly Entry?[] entries = new Entry?[Places];

    /// <summary>Whether a row is known as of a transaction; it may be known not to be there.</summary>
    public bool TryGet(in WalHeader header, in RowKey key, out TableRow? row)
    {
        var entry = Volatile.Read(ref Place(key));
        if (entry is not null && entry.Header == header && entry.Key == key)
        {
            row = entry.Row;
            return true;
        }
        row = null;
        return false;
    }

    /// <summary>Keeps what was read while one transaction was the last, from before the read until after it.</summary>
    public void Keep(in WalHeader header, in RowKey key, TableRow? row, int bytes)
    {
        if (bytes <= MostBytes) Volatile.Write(ref Place(key), new Entry(header, key, row));
    }

    private ref Entry? Place(in RowKey key) => ref entries[(uint)key.GetHashCode() % Places];

    private sealed class Entry(WalHeader header, RowKey key, TableRow? row)
    {
        public readonly WalHeader Header = header;
        public readonly RowKey Key = key;
        public readonly TableRow? Row = row;
    }
}

/// <summary>What names one row of a store.</summary>
internal readonly record struct RowKey(string Table, string Partition, string Row);
