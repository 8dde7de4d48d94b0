namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Rows, and the absence of rows, for point reads. An entry is valid only in the generation in which it was read
/// (<see cref="GenerationFile"/>), and every lookup asks for the current one. So nothing found here is stale, in any process.
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

    /// <summary>Whether a row is known in a generation; it may be known not to be there.</summary>
    public bool TryGet(long generation, in RowKey key, out TableRow? row)
    {
        var entry = Volatile.Read(ref Place(key));
        if (entry is not null && entry.Generation == generation && entry.Key == key)
        {
            row = entry.Row;
            return true;
        }
        row = null;
        return false;
    }

    /// <summary>Keeps what was read in one generation, which was current from before the read until after it.</summary>
    public void Keep(long generation, in RowKey key, TableRow? row, int bytes)
    {
        if (bytes <= MostBytes) Volatile.Write(ref Place(key), new Entry(generation, key, row));
    }

    private ref Entry? Place(in RowKey key) => ref entries[(uint)key.GetHashCode() % Places];

    private sealed class Entry(long generation, RowKey key, TableRow? row)
    {
        public readonly long Generation = generation;
        public readonly RowKey Key = key;
        public readonly TableRow? Row = row;
    }
}

/// <summary>What names one row of a store.</summary>
internal readonly record struct RowKey(string Table, string Partition, string Row);
