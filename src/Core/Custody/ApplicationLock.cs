using Gatehouse.Access.Audit;

namespace Gatehouse.Custody;

/// <summary>
/// Exclusive access of one call to an application, by the lock in its record. Work under the lock is not cancelled when the
/// caller disconnects: it ends at <see cref="Deadline"/>, before another instance may take over.
/// </summary>
internal sealed class ApplicationLock : IDisposable
{
    private readonly CustodyRows rows;
    private readonly TimeProvider time;
    private readonly LockEntry entry;
    private readonly CancellationTokenSource deadline;

    private ApplicationLock(CustodyRows rows, CustodyRecord record, LockEntry entry, TimeProvider time)
    {
        this.rows = rows;
        this.time = time;
        this.entry = entry;
        Record = record;
        deadline = new CancellationTokenSource((entry.Until - entry.Since) / 2, time);
    }

    /// <summary>The record as it was last written or read.</summary>
    public CustodyRecord Record { get; private set; }

    public AppId Id => Record.Id;

    /// <summary>Cancelled at half of the lock's time.</summary>
    public CancellationToken Deadline => deadline.Token;

    /// <summary>
    /// Writes a record with a lock in it, and the start of the call; null where the record was changed meanwhile.
    /// </summary>
    public static async Task<ApplicationLock?> TryAcquireAsync(
        CustodyRows rows, CustodyRecord record, CallRecord? call, TimeProvider time, CancellationToken cancellation)
    {
        var entry = record.Lock ?? throw new ArgumentException("It has no lock.", nameof(record));
        var start = call is null ? default : await call.StartAsync(record.Partition, cancellation);
        return await rows.TryReplaceAsync(record, start, cancellation) is { } taken ? new ApplicationLock(rows, taken, entry, time) : null;
    }

    /// <summary>Runs work until the deadline at most.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.TimedOut"/>.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> work)
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
    /// Changes the record; false where the lock was lost: its time was over, and another instance has taken the application
    /// over.
    /// </summary>
    /// <param name="change">Changes the record.</param>
    /// <param name="end">The end of the call by the changed record, for the same commit; null if the call goes on.</param>
    public async Task<bool> TryChangeAsync(Func<CustodyRecord, CustodyRecord> change, Func<CustodyRecord, CallRows>? end = null)
    {
        while (Record.Lock?.Id == entry.Id)
        {
            var changed = change(Record);
            if (await rows.TryReplaceAsync(changed, end?.Invoke(changed) ?? default, Deadline) is { } written)
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
    /// <exception cref="CustodyException"><see cref="CustodyFault.Busy"/>: another instance has taken the application
    /// over.</exception>
    public async Task ChangeAsync(Func<CustodyRecord, CustodyRecord> change, Func<CustodyRecord, CallRows>? end = null)
    {
        if (!await TryChangeAsync(change, end)) throw CustodyException.Busy(RetryAfter);
    }

    /// <summary>Changes the record and releases the lock, in one commit.</summary>
    public Task ReleaseAsync(Func<CustodyRecord, CustodyRecord> change, Func<CustodyRecord, CallRows>? end = null) =>
        ChangeAsync(record => change(record) with { Lock = null }, end);

    /// <summary>
    /// Releases the lock with the work undone. What is needed to find tokens that may have been issued stays in the record.
    /// </summary>
    public Task AbandonAsync() => TryChangeAsync(record => record with
    {
        Lock = record.Lock!.Issuing is null ? null : record.Lock with { Until = time.GetUtcNow() },
    });

    /// <summary>Removes the record.</summary>
    public async Task DeleteAsync()
    {
        while (Record.Lock?.Id == entry.Id)
        {
            if (await rows.TryDeleteAsync(Record, Deadline) || await rows.FindAsync(Id, Deadline) is not { } found) return;
            Record = found;
        }
        throw CustodyException.Busy(RetryAfter);
    }

    public void Dispose() => deadline.Dispose();

    private TimeSpan RetryAfter =>
        entry.Until - time.GetUtcNow() is { } left && left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
}
