using System.Collections.Concurrent;
using System.Security.Cryptography;
using Gatehouse.Access.Callers;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Access.Idempotency;

/// <summary>
/// Makes a call with an <see cref="IdempotencyKey"/> once, however often it is sent, to any instance and across restarts.
/// For <see cref="AnswerLifetime"/>, the same key of the same caller stands for one request, and gets its first answer again.
/// </summary>
/// <remarks>
/// <para>Of concurrent calls with one key, one runs. The others get an answer at once, instead of holding a connection each
/// (draft-ietf-httpapi-idempotency-key-header, section 2.6).</para>
/// <para>The call that writes the row runs. If its process ends before the answer, then after <see cref="TakeoverTime"/>
/// the next call with the key runs the operation again. So does the next call after a temporary failure. The operation is told
/// since when it has been tried, and must tolerate that. It is cancelled after <see cref="OperationTimeout"/>, which is
/// shorter.</para>
/// <para>A clock that is set forward does not end a call that is running in this process: that is measured in elapsed time. A row
/// whose end is further ahead than any call can run was written under a clock that was ahead. Such a call is taken over after
/// <see cref="TakeoverTime"/> of elapsed time in which its row did not change.</para>
/// <para>An operation that commits to the table of the applications stores the answer in its own last commit
/// (<see cref="IdempotentTry"/>), and the call's row only says where. So a key costs one commit: the call's row. Any other answer
/// is stored in the call's row by a second one.</para>
/// <para>Stored answers are encrypted, because some hold a token.</para>
/// </remarks>
public sealed class IdempotentCalls(ITableStore store, AccessKeys keys, TimeProvider time)
{
    /// <summary>How long an answer is repeated, from the first call on.</summary>
    public static readonly TimeSpan AnswerLifetime = TimeSpan.FromHours(24);

    /// <summary>How long an operation may run. Azure's front end ends a request after 230 seconds.</summary>
    public static readonly TimeSpan OperationTimeout = TimeSpan.FromMinutes(4);

    /// <summary>How long a call without an answer blocks its key.</summary>
    public static readonly TimeSpan TakeoverTime = TimeSpan.FromMinutes(5);

    // Instances whose clocks differ by less than this agree on what is running.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private const int PurgedAtOnce = TableLimits.ChangesPerCommit / 2;
    private const int MostWatched = 1000;

    // When the calls of this process began, on the clock of elapsed time.
    private readonly ConcurrentDictionary<string, long> running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string ETag, long Since)> watched = new(StringComparer.Ordinal);

    /// <summary>Runs the operation, unless a call with this key has run it or is running it.</summary>
    /// <param name="caller">The caller that the key belongs to.</param>
    /// <param name="key">The key.</param>
    /// <param name="request">The request's fingerprint.</param>
    /// <param name="application">The application that the call is about; null for none, or one that is not created yet.</param>
    /// <param name="operation">The operation. If it throws, or its answer does not
    /// <see cref="StoredAnswer.Decides">decide</see> the call, the call can be made again. It is not cancelled when the
    /// client disconnects, because a client that repeats the call expects its answer.</param>
    /// <param name="cancellation">Cancels before the operation runs.</param>
    /// <exception cref="StoreUnavailableException">The store cannot answer; the operation has not run.</exception>
    public async Task<IdempotentOutcome> RunAsync(
        Caller caller, IdempotencyKey key, RequestFingerprint request, AppId? application,
        Func<IdempotentTry, CancellationToken, Task<StoredAnswer>> operation, CancellationToken cancellation)
    {
        var answerIn = application is { } about ? HexPartitions.Of(about) : string.Concat(HexPartitions.OfApplications);
        var place = IdempotentCallKey.Of(caller, key);
        var fingerprint = request.Under(keys.Requests);
        while (true)
        {
            var now = time.GetUtcNow();
            var found = await FindAsync(place, cancellation);
            if (found is not null && found.ExpiresAt > now)
            {
                if (!CryptographicOperations.FixedTimeEquals(found.Request, fingerprint)) return new IdempotentOutcome.Mismatch();
                if (await FindAnswerAsync(place, found, cancellation) is { } answer) return new IdempotentOutcome.Answered(answer, Repeated: true);
                if (RunningTime(place, found, now) is { } left) return new IdempotentOutcome.Running(left);
            }
            if (await ClaimAsync(place, found, fingerprint, answerIn, now, cancellation) is not { } own) continue;
            // The earlier try may have been answered since its answer was looked for.
            if (found is not null && found.ExpiresAt > now && await FindAnswerAsync(place, found, cancellation) is { } late)
            {
                await EndAsync(place, own, late);
                return new IdempotentOutcome.Answered(late, Repeated: true);
            }
            return new IdempotentOutcome.Answered(await RunAsync(place, own, TryOf(place, found, own, now), operation), Repeated: false);
        }
    }

    /// <summary>Deletes expired calls, and returns how many. Several instances may do this at once.</summary>
    public async Task<int> PurgeAsync(CancellationToken cancellation)
    {
        var purged = 0;
        var expired = IdempotentCallKey.Expired(time.GetUtcNow());
        var places = HexPartitions.OfHashes.Select(partition => (IdempotentCallKey.Table, partition))
            .Concat(HexPartitions.OfApplications.Select(partition => (HexPartitions.ApplicationTable, partition)));
        foreach (var (table, partition) in places)
        {
            var isCall = table == IdempotentCallKey.Table;
            while (await store.ReadAsync(table, partition, expired, PurgedAtOnce, cancellation) is { Count: > 0 } rows)
            {
                // An expiry row and its call always change together. An answer is one row.
                var deletion = rows.Select(row => RowChange.Delete(row.Key));
                if (isCall) deletion = deletion.Concat(rows.Select(row => RowChange.Delete(IdempotentCallKey.RowKeyOf(row.Key))));
                var result = await store.CommitAsync(table, partition, [.. deletion], cancellation);
                // If it fails, another instance is purging, or the key was used again: the next purge does the rest.
                if (!result.Succeeded) break;
                if (isCall) purged += rows.Count;
            }
        }
        return purged;
    }

    private async Task<IdempotentCallRow?> FindAsync(IdempotentCallKey place, CancellationToken cancellation) =>
        await store.GetAsync(IdempotentCallKey.Table, place.Partition, place.RowKey, cancellation) is { } row
            ? IdempotentCallRow.Read(row)
            : null;

    private async Task<StoredAnswer?> FindAnswerAsync(IdempotentCallKey place, IdempotentCallRow call, CancellationToken cancellation)
    {
        if (call.Open(place, keys.Data) is { } answer) return answer;
        foreach (var partition in call.AnswerIn)
        {
            var row = await store.GetAsync(HexPartitions.ApplicationTable, $"{partition}", place.AnswerRowKey(call), cancellation);
            if (row is not null) return IdempotentCallRow.Read(row).Open(place, keys.Data);
        }
        return null;
    }

    // Records that the call is running here; null where another instance has written first.
    private async Task<IdempotentCallRow?> ClaimAsync(
        IdempotentCallKey place, IdempotentCallRow? found, byte[] fingerprint, string answerIn, DateTimeOffset now,
        CancellationToken cancellation)
    {
        var isNew = found is null || found.ExpiresAt <= now;
        var own = new IdempotentCallRow(
            fingerprint, isNew ? now + AnswerLifetime : found!.ExpiresAt, now + TakeoverTime, SealedAnswer: null,
            Guid.NewGuid().ToString("N"), answerIn);
        var row = own.ToRow(place.RowKey);
        List<RowChange> changes = [found is null ? RowChange.Insert(row) : RowChange.Replace(row, found.ETag!)];
        if (isNew) changes.Add(RowChange.Insert(new TableRow(place.ExpiryRowKey(own.ExpiresAt))));
        if (isNew && found is not null) changes.Add(RowChange.Delete(place.ExpiryRowKey(found.ExpiresAt)));
        var result = await store.CommitAsync(IdempotentCallKey.Table, place.Partition, changes, cancellation);
        return result.Succeeded ? own with { ETag = result.ETags[0] } : null;
    }

    private async Task<StoredAnswer> RunAsync(
        IdempotentCallKey place, IdempotentCallRow own, IdempotentTry attempt,
        Func<IdempotentTry, CancellationToken, Task<StoredAnswer>> operation)
    {
        using var limit = new CancellationTokenSource(OperationTimeout, time);
        StoredAnswer? answer = null;
        var began = time.GetTimestamp();
        running[place.Hash] = began;
        try
        {
            answer = await operation(attempt, limit.Token);
            return answer;
        }
        finally
        {
            if (!attempt.IsAnswered) await EndAsync(place, own, answer);
            // A call that has taken this one over has its own entry.
            running.TryRemove(new KeyValuePair<string, long>(place.Hash, began));
        }
    }

    // A call is first tried when its row is written, and kept for AnswerLifetime from then on.
    private IdempotentTry TryOf(IdempotentCallKey place, IdempotentCallRow? found, IdempotentCallRow own, DateTimeOffset now) => new(
        place.Hash, found is not null && found.ExpiresAt > now ? found.ExpiresAt - AnswerLifetime : null,
        answer => RowChange.Put(own.With(answer, place, keys.Data).ToRow(place.AnswerRowKey(own))));

    // How long a call without an answer may still run; null where it can be taken over.
    private TimeSpan? RunningTime(IdempotentCallKey place, IdempotentCallRow found, DateTimeOffset now)
    {
        if (running.TryGetValue(place.Hash, out var began) && time.GetElapsedTime(began) is var elapsed && elapsed < TakeoverTime)
            return TakeoverTime - elapsed;
        var left = found.RunningUntil - now;
        if (left <= TakeoverTime + ClockTolerance)
        {
            watched.TryRemove(place.Hash, out _);
            return left > TimeSpan.Zero ? left : null;
        }
        if (watched.Count > MostWatched) watched.Clear();
        var seen = watched.AddOrUpdate(
            place.Hash, _ => (found.ETag!, time.GetTimestamp()),
            (_, before) => before.ETag == found.ETag ? before : (found.ETag!, time.GetTimestamp()));
        left = TakeoverTime - time.GetElapsedTime(seen.Since);
        if (left > TimeSpan.Zero) return left;
        watched.TryRemove(place.Hash, out _);
        return null;
    }

    private async Task EndAsync(IdempotentCallKey place, IdempotentCallRow own, StoredAnswer? answer)
    {
        // Without a decision the row stays: the next try must know of this one.
        var ended = answer is { Decides: true }
            ? own.With(answer, place, keys.Data)
            : own with { RunningUntil = DateTimeOffset.UnixEpoch };
        try
        {
            // It fails only where the call was taken over meanwhile. Then the row belongs to another call.
            await store.CommitAsync(
                IdempotentCallKey.Table, place.Partition, [RowChange.Replace(ended.ToRow(place.RowKey), own.ETag!)], CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // The operation was carried out, and its answer is sent. A repeated call gets 409 until the call can be taken
            // over.
        }
    }
}
