using System.Collections.Concurrent;
using Gatehouse.Telemetry;
using Microsoft.Data.Sqlite;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// Group commit: one thread makes all commits. Commits that arrive while a transaction is written to disk share the next one, so
/// they share the cost of its flush. So do those that arrive while the others of a transaction are made.
/// </summary>
/// <remarks>
/// A group ends with the commit that reaches <see cref="MostChanges"/> changes or <see cref="MostBytes"/> bytes of rows. This is
/// tens of milliseconds of work, so the first caller of a group does not wait longer for the others.
/// </remarks>
internal sealed class CommitQueue : IAsyncDisposable
{
    private const int MostChanges = 10_000;
    private const int MostBytes = 16 * 1024 * 1024;

    private readonly StoreFile file;
    private readonly RowCache cache;
    private readonly BlockingCollection<PendingCommit> queue = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PendingCommit> group = [];
    private readonly List<CommitResult> results = [];
    private RowWriter? writer;
    private long groups;

    /// <summary>Opens the file, and starts the thread.</summary>
    /// <param name="file">The store's file.</param>
    /// <param name="cache">The store's cache, from which changed rows are removed.</param>
    /// <exception cref="StoreUnavailableException">The file cannot be used.</exception>
    public CommitQueue(StoreFile file, RowCache cache)
    {
        this.file = file;
        this.cache = cache;
        writer = file.Open(database => new RowWriter(database, cache, file.Generations, file.MostBytes));
        new Thread(Run) { IsBackground = true, Name = "Store writer" }.Start();
    }

    /// <summary>How many transactions were committed.</summary>
    public long Groups => Interlocked.Read(ref groups);

    /// <summary>Adds a commit to the queue; false if the queue is closed.</summary>
    public bool TryAdd(PendingCommit commit)
    {
        try
        {
            queue.Add(commit);
            return true;
        }
        catch (InvalidOperationException) when (queue.IsAddingCompleted)
        {
            return false;
        }
    }

    /// <summary>Closes the queue. Returns when all its commits are answered and the connection is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.CompleteAdding();
        await ended.Task;
    }

    private void Run()
    {
        foreach (var first in queue.GetConsumingEnumerable()) WriteGroup(first);
        writer?.Dispose();
        ended.SetResult();
    }

    private void WriteGroup(PendingCommit first)
    {
        group.Clear();
        results.Clear();
        try
        {
            writer ??= file.Connect(database => new RowWriter(database, cache, file.Generations, file.MostBytes));
            writer.Begin();
            foreach (var commit in Collect(first)) results.Add(writer.Make(commit));
            writer.Commit();
        }
        catch (SqliteException fault)
        {
            FailGroup(first, file.Failed(fault));
            return;
        }
        catch (StoreUnavailableException fault)
        {
            FailGroup(first, fault);
            return;
        }
        Interlocked.Increment(ref groups);
        Measures.GroupSize.Record(group.Count);
        for (var index = 0; index < group.Count; index++) group[index].Complete(results[index]);
    }

    private void FailGroup(PendingCommit first, StoreUnavailableException fault)
    {
        writer?.Dispose();
        writer = null;
        // Those that have arrived fail too. If another process has the lock, each of them would wait for it as long again.
        _ = Collect(first).Count();
        foreach (var commit in group) commit.Fail(fault);
    }

    // Commits that arrive while earlier ones of the group are made belong to it too.
    private IEnumerable<PendingCommit> Collect(PendingCommit first)
    {
        var (changes, bytes) = (0, 0);
        var next = first;
        do
        {
            if (!next.TryTake()) continue;
            group.Add(next);
            yield return next;
            changes += next.Changes.Length;
            bytes += next.Size;
        }
        while (changes < MostChanges && bytes < MostBytes && queue.TryTake(out next!));
    }
}
