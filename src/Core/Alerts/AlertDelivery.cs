using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Alerts;

/// <summary>What a delivery run has done.</summary>
/// <param name="Delivered">How many alerts the receiver has taken.</param>
/// <param name="Failed">How many it has not taken, which are tried again.</param>
/// <param name="GivenUp">How many are not tried again.</param>
/// <param name="Forgotten">How many old ones were removed.</param>
public sealed record AlertRun(int Delivered, int Failed, int GivenUp, int Forgotten);

/// <summary>
/// Delivers what is due, at least once: a try is recorded, with the time of the next one, before it is made. So of two
/// instances one makes it; one that is killed at it leaves it to the next; and only one that is killed after the receiver has
/// answered has it sent twice, under the same id.
/// </summary>
/// <param name="store">Where the alerts are kept.</param>
/// <param name="settings">Whom they are for.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Is told of each try that the receiver has not taken, and its answer's HTTP status; null for no answer.</param>
/// <param name="givenUp">Is told of each alert that is not tried again.</param>
public sealed class AlertDelivery(
    ITableStore store, AlertSettings settings, TimeProvider time, Action<Alert, int?>? failed = null, Action<Alert>? givenUp = null)
    : IDisposable
{
    private const int AtOnce = 8;

    private readonly AlertSender? sender =
        settings.Receiver is { } receiver ? new AlertSender(receiver, settings.Timeout, time) : null;

    /// <summary>Delivers, or forgets, what is due.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer. What is due stays so.</exception>
    public async Task<AlertRun> RunAsync(CancellationToken cancellation)
    {
        var (delivered, refused, abandoned, forgotten) = (0, 0, 0, 0);
        // One try that is not answered, or whose receiver asks to be left alone or is gone, ends the run: to try a thousand
        // others would help none of them.
        var isOver = false;
        var now = time.GetUtcNow();
        await Parallel.ForEachAsync(
            HexPartitions.OfHashes,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (partition, stop) =>
            {
                var range = AlertRow.DueBy(now);
                while (true)
                {
                    var due = await store.ReadAsync(AlertRow.Table, partition, range, TableLimits.RowsPerRead, stop);
                    foreach (var row in due)
                    {
                        if (Volatile.Read(ref isOver)) return;
                        switch (await TakeAsync(partition, row.Key, () => Volatile.Write(ref isOver, true), stop))
                        {
                            case AlertState.Delivered:
                                Interlocked.Increment(ref delivered);
                                break;
                            case AlertState.Pending:
                                Interlocked.Increment(ref refused);
                                break;
                            case AlertState.Undeliverable:
                                Interlocked.Increment(ref abandoned);
                                break;
                            case AlertState.Kept:
                                Interlocked.Increment(ref forgotten);
                                break;
                        }
                    }
                    if (due.Count < TableLimits.RowsPerRead) break;
                    range = range.StartingAfter(due[^1].Key);
                }
            });
        return new AlertRun(delivered, refused, abandoned, forgotten);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => sender?.Dispose();

    // What it has become; Kept for one that is forgotten, null for one that is not this run's to deliver.
    private async Task<AlertState?> TakeAsync(string partition, string dueKey, Action end, CancellationToken cancellation)
    {
        var found = await store.GetAsync(AlertRow.Table, partition, AlertRow.KeyOfDue(dueKey), cancellation);
        if (found is null) return null;
        var read = AlertRow.Read(found);
        // Of this moment: the run may have been long at others.
        var now = time.GetUtcNow();
        if (read.DueAt > now) return null;
        if (read.State != AlertState.Pending)
            return (await store.CommitAsync(AlertRow.Table, partition, read.Delete(), cancellation)).Succeeded ? AlertState.Kept : null;
        if (sender is null)
        {
            await EndAsync(read, AlertState.Kept, now, cancellation);
            return null;
        }
        if (read.Tries > settings.Waits.Count) return await EndAsync(read, AlertState.Undeliverable, now, cancellation);

        var begun = read with { Tries = read.Tries + 1, DueAt = now + Wait(read.Tries) };
        var claimed = await store.CommitAsync(AlertRow.Table, partition, begun.Replace(read), cancellation);
        if (!claimed.Succeeded) return null;
        begun = begun.Written(claimed.ETags[0]!);
        var sent = await sender.SendAsync($"msg_{read.Hash[..32]}", AlertMessage.BodyOf(read.Alert), cancellation);
        // What has come of it is written, whoever gives up now: otherwise it would be sent again.
        return await ConcludeAsync(begun, sent, time.GetUtcNow(), end);
    }

    private async Task<AlertState?> ConcludeAsync(AlertRow begun, SendResult sent, DateTimeOffset now, Action end)
    {
        if (sent.IsDelivered) return await EndAsync(begun, AlertState.Delivered, now, CancellationToken.None);
        failed?.Invoke(begun.Alert, (int?)sent.Status);
        if (sent.Status is null || sent.RetryAfter is not null || sent.IsGone) end();
        if (sent.IsGone || begun.Tries > settings.Waits.Count)
            return await EndAsync(begun, AlertState.Undeliverable, now, CancellationToken.None);
        if (now + sent.RetryAfter is { } asked && asked > begun.DueAt)
        {
            // No longer than the longest wait of ours: what a receiver says must not have it forgotten.
            var latest = now + settings.Waits[^1];
            var postponed = begun with { DueAt = asked < latest ? asked : latest };
            if (postponed.DueAt > begun.DueAt)
                await store.CommitAsync(AlertRow.Table, begun.Partition, postponed.Replace(begun), CancellationToken.None);
        }
        return AlertState.Pending;
    }

    private async Task<AlertState?> EndAsync(AlertRow row, AlertState state, DateTimeOffset now, CancellationToken cancellation)
    {
        var forgetAt = row.Alert.At + settings.KeptFor;
        var ended = row with { State = state, DueAt = forgetAt > now ? forgetAt : now };
        var written = await store.CommitAsync(AlertRow.Table, row.Partition, ended.Replace(row), cancellation);
        if (!written.Succeeded) return null;
        if (state == AlertState.Undeliverable) givenUp?.Invoke(row.Alert);
        return state;
    }

    // The next try after so many; after the last, time enough for it to end. A tenth more or less, so that not all come at once.
    private TimeSpan Wait(int tries) =>
        settings.Waits[Math.Min(tries, settings.Waits.Count - 1)] * (0.9 + Random.Shared.NextDouble() * 0.2);
}
