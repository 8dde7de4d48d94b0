using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Alerts;

/// <summary>The result of a delivery run.</summary>
/// <param name="Delivered">How many alerts the receiver accepted.</param>
/// <param name="Failed">How many it did not accept. They are tried again.</param>
/// <param name="Abandoned">How many are not tried again.</param>
/// <param name="Forgotten">How many old alerts were removed.</param>
public sealed record AlertRun(int Delivered, int Failed, int Abandoned, int Forgotten);

/// <summary>
/// Delivers the alerts that are due, at least once. An attempt is recorded, with the time of the next one, before it is
/// made. So one of two instances makes it; if an instance is killed during an attempt, the next run tries again; and an
/// alert is sent twice, under the same id, only if an instance is killed after the receiver has answered.
/// </summary>
/// <param name="store">Where the alerts are kept.</param>
/// <param name="settings">The receiver, and how often to try.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Called for each attempt that the receiver did not accept, with the HTTP status of its answer; null
/// for no answer.</param>
/// <param name="undeliverable">Called for each alert that is not tried again.</param>
public sealed class AlertDelivery(
    ITableStore store, AlertSettings settings, TimeProvider time, Action<Alert, int?>? failed = null, Action<Alert>? undeliverable = null)
    : IDisposable
{
    private const int AtOnce = 8;

    private readonly AlertSender? sender =
        settings.Receiver is { } receiver ? new AlertSender(receiver, settings.Timeout, time) : null;

    /// <summary>Delivers or removes what is due.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer. Alerts that are due stay due.</exception>
    public async Task<AlertRun> RunAsync(CancellationToken cancellation)
    {
        var (delivered, refused, abandoned, forgotten) = (0, 0, 0, 0);
        // The run ends after an attempt without an answer, or when the receiver is gone or asks to wait: trying a thousand
        // other alerts would not help.
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

    // The new state: Kept for an alert that was removed; null for one that this run must not deliver.
    private async Task<AlertState?> TakeAsync(string partition, string dueKey, Action end, CancellationToken cancellation)
    {
        var found = await store.GetAsync(AlertRow.Table, partition, AlertRow.KeyOfDue(dueKey), cancellation);
        if (found is null || !ReadableRows.TryRead(found, AlertRow.Read, out var read)) return null;
        // Read again here: the run may have spent a long time on other alerts.
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
        // The result is written even after a cancellation: otherwise the alert would be sent again.
        return await ConcludeAsync(begun, sent, time.GetUtcNow(), end);
    }

    private async Task<AlertState?> ConcludeAsync(AlertRow begun, SendResult sent, DateTimeOffset now, Action end)
    {
        if (sent.IsDelivered) return await EndAsync(begun, AlertState.Delivered, now, CancellationToken.None);
        failed?.Invoke(begun.Alert, (int?)sent.Status);
        if (sent.Status is null || sent.RetryAfter is not null || sent.IsGone) end();
        if (sent.IsGone || begun.Tries > settings.Waits.Count)
            return await EndAsync(begun, AlertState.Undeliverable, now, CancellationToken.None);
        if (now + sent.RetryAfter is { } retryAt && retryAt > begun.DueAt)
        {
            // At most our own longest wait: the receiver must not be able to postpone an alert until it is removed.
            var latest = now + settings.Waits[^1];
            var postponed = begun with { DueAt = retryAt < latest ? retryAt : latest };
            if (postponed.DueAt > begun.DueAt)
                await store.CommitAsync(AlertRow.Table, begun.Partition, postponed.Replace(begun), CancellationToken.None);
        }
        return AlertState.Pending;
    }

    private async Task<AlertState?> EndAsync(AlertRow row, AlertState state, DateTimeOffset now, CancellationToken cancellation)
    {
        var forgetAt = row.Alert.At + settings.Retention;
        var ended = row with { State = state, DueAt = forgetAt > now ? forgetAt : now };
        var written = await store.CommitAsync(AlertRow.Table, row.Partition, ended.Replace(row), cancellation);
        if (!written.Succeeded) return null;
        if (state == AlertState.Undeliverable) undeliverable?.Invoke(row.Alert);
        return state;
    }

    // The wait before the next attempt; after the last one, enough time for it to end. Ten percent more or less, so that the
    // attempts of many alerts spread.
    private TimeSpan Wait(int tries) =>
        settings.Waits[Math.Min(tries, settings.Waits.Count - 1)] * (0.9 + Random.Shared.NextDouble() * 0.2);
}
