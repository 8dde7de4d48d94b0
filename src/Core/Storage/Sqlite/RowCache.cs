using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Rows, and the absence of rows, for point reads: one cache for all connections of a store. The number in the generation file
/// (<see cref="GenerationFile"/>) tells whether a row found here is current.
/// </summary>
/// <remarks>
/// <para>An entry says what a row was at an even number, and that stays true. It is current while the number is still the same. It
/// is also current under a later number if all commits in between were this store's own (<see cref="Run"/>) and none of them changed
/// the row. So this store's commits leave all other rows cached, during COMMIT too, and another process' commit empties the cache.</para>
/// <para>Which rows a commit changes is told by <see cref="marks"/>, before the number is raised from g to g + 1, so before the
/// commit can be seen. A reader first reads the number, then the entry and the mark. If the number was g + 1 or more, it sees the
/// mark, so no read gets the old row after another got the new one, or after the commit was answered. If the number was g, the old
/// row is right. Two rows can share a mark; then the other is read again.</para>
/// <para>A key has <see cref="Ways"/> places. When they or the bytes are used up, the rows that were not found since the last such time
/// make way.</para>
/// </remarks>
internal sealed class RowCache
{
    private const int Ways = 4;
    private const int Sets = 1 << 17;
    private const int Marks = 1 << 16;
    private const int MostBytesOfRow = 4096;

    // What an entry takes beside the text of its key and twice its encoded bytes: as seen.
    private const int Overhead = 300;

    private readonly Entry?[] places = new Entry?[Sets * Ways];

    // For the rows of each hash, the odd number of this store's last commit that changed one of them.
    private readonly long[] marks = new long[Marks];
    private readonly long mostBytes;
    private long bytes;
    private uint hand;
    private Run run = Run.None;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="mostBytes">About the most memory it takes; null for 256 MiB, or an eighth of the machine's if that is less.</param>
    public RowCache(long? mostBytes = null) =>
        this.mostBytes = mostBytes ?? Math.Min(256 << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    /// <summary>Finds a row. The cache can also know that the row does not exist.</summary>
    /// <param name="number">The generation file's number, read before this call.</param>
    /// <param name="key">Names the row.</param>
    /// <param name="row">The row, or null. Where this returns false: the row as it was, if it was known.</param>
    /// <param name="generation">Where this returns false: what <see cref="Keep"/> needs; 0 if the row cannot be kept.</param>
    public bool TryGet(long number, in RowKey key, out TableRow? row, out long generation)
    {
        var own = Volatile.Read(ref run);
        var hash = HashOf(key);
        row = null;
        foreach (ref var place in SetOf(hash))
        {
            var entry = Volatile.Read(ref place);
            if (entry is null || entry.Hash != hash || entry.Key != key) continue;
            row = entry.Row;
            if (entry.Generation != number && (!own.Covers(entry.Generation, number) || Volatile.Read(ref MarkOf(hash)) > entry.Generation)) break;
            if (!entry.IsUsed) entry.IsUsed = true;
            generation = 0;
            return true;
        }
        // While this store commits, the rows that it does not change are those of the even number before. The others have a mark.
        generation = GenerationFile.IsSettled(number) ? number : own.Covers(number - 1, number) ? number - 1 : 0;
        return false;
    }

    /// <summary>
    /// Keeps what was read after <see cref="TryGet"/>. The number was the same before the call to TryGet and after the read.
    /// </summary>
    public void Keep(long generation, in RowKey key, TableRow? row, int size)
    {
        if (generation == 0 || size > MostBytesOfRow) return;
        var hash = HashOf(key);
        var entry = new Entry(generation, hash, key, row, Overhead + (2 * (size + key.Partition.Length + key.Row.Length)));
        Put(ref PlaceFor(key, hash), entry);
        while (Interlocked.Read(ref bytes) > mostBytes) MakeWay(ref places[Interlocked.Increment(ref hand) % (uint)places.Length]);
    }

    /// <summary>
    /// Marks the rows that a commit changes. The one writer calls this, under SQLite's write lock, before it raises the number.
    /// </summary>
    /// <param name="before">The number as it is.</param>
    /// <param name="commit">The odd number to which it is raised next.</param>
    /// <param name="changes">The changes of all callers that share the transaction.</param>
    public void BeginCommit(long before, long commit, IReadOnlyList<PendingCommit> changes)
    {
        foreach (var pending in changes)
        {
            foreach (var change in pending.Changes)
                Volatile.Write(ref MarkOf(HashOf(new RowKey(pending.Table, pending.Partition, change.Row.Key))), commit);
        }
        // Only the end of this very commit raises the number to commit + 1. If COMMIT fails or another process raises the number
        // first, the file never has that number, so the run ends by itself.
        Volatile.Write(ref run, run.Next(before, commit));
    }

    /// <summary>Makes all entries outdated until the next commit has succeeded: the writer's COMMIT failed.</summary>
    public void Invalidate() => Volatile.Write(ref run, Run.None);

    private static uint HashOf(in RowKey key) => (uint)key.GetHashCode();

    private Span<Entry?> SetOf(uint hash) => places.AsSpan((int)(hash % Sets) * Ways, Ways);

    private ref long MarkOf(uint hash) => ref marks[hash % Marks];

    private ref Entry? PlaceFor(in RowKey key, uint hash)
    {
        var set = SetOf(hash);
        foreach (ref var place in set)
            if (place is { } entry && entry.Hash == hash && entry.Key == key) return ref place;
        foreach (ref var place in set)
            if (place is null) return ref place;
        foreach (ref var place in set)
        {
            if (place is { IsUsed: true } entry) entry.IsUsed = false;
            else return ref place;
        }
        return ref set[0];
    }

    private void MakeWay(ref Entry? place)
    {
        if (place is { IsUsed: true } entry) entry.IsUsed = false;
        else if (place is not null) Put(ref place, null);
    }

    private void Put(ref Entry? place, Entry? entry)
    {
        var before = Interlocked.Exchange(ref place, entry);
        Interlocked.Add(ref bytes, (entry?.Bytes ?? 0) - (before?.Bytes ?? 0));
    }

    /// <summary>What a row, or its absence, was at an even number.</summary>
    private sealed class Entry(long generation, uint hash, RowKey key, TableRow? row, int bytes)
    {
        public readonly long Generation = generation;
        public readonly uint Hash = hash;
        public readonly RowKey Key = key;
        public readonly TableRow? Row = row;
        public readonly int Bytes = bytes;

        /// <summary>Whether the row was found since room was last needed.</summary>
        public bool IsUsed;
    }

    /// <summary>Numbers of the generation file that follow each other by this store's commits alone.</summary>
    private sealed class Run(long first, long last)
    {
        public static readonly Run None = new(long.MaxValue, 0);

        /// <summary>Whether one number became the other by this store's commits alone.</summary>
        public bool Covers(long from, long to) => first <= from && from <= to && to <= last;

        /// <summary>The run with the next commit. A new run starts if the number before it is not the end of this run.</summary>
        public Run Next(long before, long commit)
        {
            // An odd number before it: another commit, whose rows are not known, has not ended, or did not succeed.
            if (!GenerationFile.IsSettled(before)) return new Run(commit + 1, commit + 1);
            return new Run(before == last ? first : before, commit + 1);
        }
    }
}

/// <summary>What names one row of a store.</summary>
internal readonly record struct RowKey(string Table, string Partition, string Row)
{
    private static readonly long Seed = Random.Shared.NextInt64();

    // .NET's own hash of a text costs several times as much. Of the table, which is one of a few, the length is enough.
    public override int GetHashCode() => (int)XxHash3.HashToUInt64(
        MemoryMarshal.AsBytes(Partition.AsSpan()), (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(Row.AsSpan()), Seed + Table.Length));
}
