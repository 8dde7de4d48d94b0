namespace Gatehouse.Custody;

/// <summary>
/// An application that one call has to itself, by the intent in its record. What was begun under it is not given up because
/// the caller is gone: it ends by itself at <see cref="Deadline"/>, before another may take over.
/// </summary>
internal sealed class HeldApplication : IDisposable
{
    private readonly CustodyRows rows;
    private readonly TimeProvider time;
    private readonly Intent intent;
    private readonly CancellationTokenSource deadline;

    private HeldApplication(CustodyRows rows, CustodyRecord record, Intent intent, TimeProvider time)
    {
        this.rows = rows;
        this.time = time;
        this.intent = intent;
        Record = record;
        deadline = new CancellationTokenSource((intent.Until - intent.Since) / 2, time);
    }

    /// <summary>The application as it was last written or read.</summary>
    public CustodyRecord Record { get; private set; }

    public ApplicationId Id => Record.Id;

    /// <summary>Cancelled at half of the intent's time.</summary>
    public CancellationToken Deadline => deadline.Token;

    /// <summary>Writes a record with an intent in it; null where somebody else has written meanwhile.</summary>
    public static async Task<HeldApplication?> TryTakeAsync(
        CustodyRows rows, CustodyRecord record, TimeProvider time, CancellationToken cancellation)
    {
        var intent = record.Intent ?? throw new ArgumentException("It has no intent.", nameof(record));
        return await rows.TryReplaceAsync(record, cancellation) is { } taken ? new HeldApplication(rows, taken, intent, time) : null;
    }

    /// <summary>Works until the deadline at most.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.TimedOut"/>.</exception>
    public async Task<T> WorkAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested)
        {
            throw CustodyException.TimedOut(RetryAfter, e);
        }
    }

    /// <summary>
    /// Changes the record. False where the intent is no longer this one's: its time was over, and somebody else has taken the
    /// application over.
    /// </summary>
    public async Task<bool> TryChangeAsync(Func<CustodyRecord, CustodyRecord> change)
    {
        while (Record.Intent?.Id == intent.Id)
        {
            if (await rows.TryReplaceAsync(change(Record), Deadline) is { } written)
            {
                Record = written;
                return true;
            }
            if (await rows.FindAsync(Id, Deadline) is not { } found) return false;
            Record = found;
        }
        return false;
    }

    /// <summary>Changes the record.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.Busy"/>: somebody else has taken the application over.</exception>
    public async Task ChangeAsync(Func<CustodyRecord, CustodyRecord> change)
    {
        if (!await TryChangeAsync(change)) throw CustodyException.Busy(RetryAfter);
    }

    /// <summary>Changes the record and lets go of the application, in one commit.</summary>
    public Task ReleaseAsync(Func<CustodyRecord, CustodyRecord> change) =>
        ChangeAsync(record => change(record) with { Intent = null });

    /// <summary>
    /// Lets go of the application with its work undone. What has to be known of tokens that may have been issued stays.
    /// </summary>
    public Task AbandonAsync() => TryChangeAsync(record => record with
    {
        Intent = record.Intent!.Issuing is null ? null : record.Intent with { Until = time.GetUtcNow() },
    });

    /// <summary>Removes the record.</summary>
    public async Task DeleteAsync()
    {
        while (Record.Intent?.Id == intent.Id)
        {
            if (await rows.TryDeleteAsync(Record, Deadline) || await rows.FindAsync(Id, Deadline) is not { } found) return;
            Record = found;
        }
        throw CustodyException.Busy(RetryAfter);
    }

    public void Dispose() => deadline.Dispose();

    private TimeSpan RetryAfter =>
        intent.Until - time.GetUtcNow() is { } left && left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
}
