namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Rows, and the absence of rows, for point reads: one cache for all connections of a store. The number in the generation file
/// (<see cref="GenerationFile"/>) tells whether a row found here is current.
/// </summary>
/// <remarks>
/// <para>Each key has one place, and takes it from the key that was there: at most <see cref="Places"/> rows of at most
/// <see cref="MostBytes"/> encoded bytes are kept.</para>
/// <para>An entry has the even number at which its row was read. It is current while the number is still the same. It is also
/// current under a later number if all commits in between were this store's own (<see cref="Run"/>), because before each of its
/// commits the writer removes the rows that the commit changes. So this store's commits leave all other rows cached, during
/// COMMIT too, and another process' commit empties the cache.</para>
/// <para>The writer calls <see cref="BeginCommit"/> before it raises the number from g to g + 1. A reader first reads the
/// number, then the place. A row that the commit changes can be read in these ways:</para>
/// <list type="bullet">
/// <item>The number was g: the commit was not visible when this read began, so an entry that is still there is right.</item>
/// <item>The number was g + 1 or more: the old entry is gone, so the row comes from SQLite. Therefore no read gets the old row
/// after another got the new one, or after the commit was answered.</item>
/// <item>The read began before BeginCommit and is kept after it: BeginCommit has put another object in the place, so the
/// compare-exchange in <see cref="Keep"/> fails.</item>
/// <item>The read began after BeginCommit and before the number is g + 2: it finds the mark of commit g + 1 in the place, and is
/// not kept. This goes for all keys of that place.</item>
/// <item>The number was g + 2: the row is the new one, and is kept.</item>
/// </list>
/// </remarks>
internal sealed class RowCache
{
    private const int Places = 4096;
    private const int MostBytes = 2048;

    private readonly Entry?[] entries = new Entry?[Places];
    private Run run = Run.None;

    /// <summary>Finds a row. The cache can also know that the row does not exist.</summary>
    /// <param name="number">The generation file's number, read before this call.</param>
    /// <param name="key">Names the row.</param>
    /// <param name="row">The row, or null.</param>
    /// <param name="fill">Where this returns false: what <see cref="Keep"/> needs to keep the row that is then read.</param>
    public bool TryGet(long number, in RowKey key, out TableRow? row, out Fill fill)
    {
        var own = Volatile.Read(ref run);
        var place = Place(key);
        var entry = Volatile.Read(ref entries[place]);
        if (entry is not null && (entry.Generation == number || own.Covers(entry.Generation, number)) && entry.Key == key)
        {
            row = entry.Row;
            fill = default;
            return true;
        }
        row = null;
        // While this store commits, the rows that it does not change are those of the even number before.
        var generation = GenerationFile.IsSettled(number) ? number : own.Covers(number - 1, number) ? number - 1 : 0;
        fill = entry is not null && entry.Mark == generation + 1 ? default : new Fill(generation, place, entry);
        return false;
    }

    /// <summary>
    /// Keeps what was read after <see cref="TryGet"/>, unless the place was changed since. The number was the same before the
    /// call to TryGet and after the read.
    /// </summary>
    public void Keep(in Fill fill, in RowKey key, TableRow? row, int bytes)
    {
        if (!fill.IsPossible || bytes > MostBytes) return;
        // The mark seen, if any, is of an ended commit, and is not needed again.
        var entry = new Entry(fill.Generation, key, row, 0);
        Interlocked.CompareExchange(ref entries[fill.Place], entry, fill.Seen);
    }

    /// <summary>
    /// Removes the rows that a commit changes, and marks their places. The one writer calls this, under SQLite's write lock,
    /// before it raises the number.
    /// </summary>
    /// <param name="before">The number as it is.</param>
    /// <param name="commit">The odd number to which it is raised next.</param>
    /// <param name="changes">The changes of all callers that share the transaction.</param>
    public void BeginCommit(long before, long commit, IReadOnlyList<PendingCommit> changes)
    {
        var mark = new Entry(0, default, null, commit);
        foreach (var pending in changes)
        {
            foreach (var change in pending.Changes) Mark(new RowKey(pending.Table, pending.Partition, change.Row.Key), mark);
        }
        // Only the end of this very commit raises the number to commit + 1. If COMMIT fails or another process raises the number
        // first, the file never has that number, so the run ends by itself.
        Volatile.Write(ref run, run.Next(before, commit));
    }

    /// <summary>Makes all entries outdated until the next commit has succeeded: the writer's COMMIT failed.</summary>
    public void Invalidate() => Volatile.Write(ref run, Run.None);

    private void Mark(in RowKey key, Entry mark)
    {
        ref var place = ref entries[Place(key)];
        Entry? seen, marked;
        do
        {
            seen = Volatile.Read(ref place);
            // Another key's row stays, in a new object: a read that has seen the old one must not be kept.
            marked = seen is null || seen.IsMark || seen.Key == key
                ? mark : new Entry(seen.Generation, seen.Key, seen.Row, mark.Mark);
        }
        while (Interlocked.CompareExchange(ref place, marked, seen) != seen);
    }

    private static uint Place(in RowKey key) => (uint)key.GetHashCode() % Places;

    /// <summary>What a read found in the cache when it was not answered from there. The default keeps nothing.</summary>
    internal readonly struct Fill(long generation, uint place, Entry? seen)
    {
        public long Generation => generation;

        public uint Place => place;

        public Entry? Seen => seen;

        /// <summary>Whether the row may be kept.</summary>
        public bool IsPossible => generation != 0;
    }

    /// <summary>What a place holds: a row, a row's absence, or only the mark of a commit.</summary>
    internal sealed class Entry(long generation, RowKey key, TableRow? row, long mark)
    {
        /// <summary>The even number at which the row was read; 0 where there is only a mark.</summary>
        public readonly long Generation = generation;
        public readonly RowKey Key = key;
        public readonly TableRow? Row = row;

        /// <summary>
        /// The odd number of this store's commit that last changed a row of this place; 0 if none did since the row was kept.
        /// </summary>
        public readonly long Mark = mark;

        public bool IsMark => Generation == 0;
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
internal readonly record struct RowKey(string Table, string Partition, string Row);
