namespace Gatehouse.Storage.Sqlite;

/// <summary>A caller's commit in the queue: its changes with encoded rows, and the caller's task.</summary>
internal sealed class PendingCommit
{
    private readonly TaskCompletionSource<CommitResult> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] bodies;
    private readonly int[] ends;
    private int decided;

    /// <summary>Encodes a commit that is within the limits.</summary>
    public PendingCommit(string table, string partition, RowChange[] changes)
    {
        Table = table;
        Partition = partition;
        Changes = changes;
        ends = new int[changes.Length];
        var end = 0;
        for (var index = 0; index < changes.Length; index++)
        {
            if (changes[index].Kind != RowChangeKind.Delete) end += RowCodec.SizeOf(changes[index].Row);
            ends[index] = end;
        }
        bodies = new byte[end];
        for (var index = 0; index < changes.Length; index++)
        {
            if (changes[index].Kind != RowChangeKind.Delete)
                RowCodec.Write(changes[index].Row, bodies.AsSpan(Start(index)..ends[index]));
        }
    }

    public string Table { get; }

    public string Partition { get; }

    public RowChange[] Changes { get; }

    /// <summary>The bytes of all rows together.</summary>
    public int Size => bodies.Length;

    /// <summary>The outcome, for the caller.</summary>
    public Task<CommitResult> Outcome => outcome.Task;

    /// <summary>The encoded row of a change.</summary>
    public ReadOnlySpan<byte> Body(int change) => bodies.AsSpan(Start(change)..ends[change]);

    /// <summary>Takes the commit from the queue; false if its caller has cancelled it.</summary>
    public bool TryTake() => TryDecide();

    /// <summary>Ends the wait of the caller if the commit was not taken yet. Otherwise does nothing.</summary>
    public void Cancel(CancellationToken cancellation)
    {
        if (TryDecide()) outcome.SetCanceled(cancellation);
    }

    /// <summary>Answers the caller of a commit that was taken.</summary>
    public void Complete(CommitResult result) => outcome.SetResult(result);

    /// <summary>Fails the call of a commit that was taken. The commit was not made, or its outcome is unknown.</summary>
    public void Fail(StoreUnavailableException fault) =>
        // Each caller gets its own exception, because each adds to the stack trace.
        outcome.SetException(new StoreUnavailableException(fault.Message, fault) { IsLasting = fault.IsLasting });

    private int Start(int index) => index == 0 ? 0 : ends[index - 1];

    private bool TryDecide() => Interlocked.Exchange(ref decided, 1) == 0;
}
