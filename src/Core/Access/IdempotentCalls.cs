using System.Security.Cryptography;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Access;

/// <summary>
/// Makes a call with an <see cref="IdempotencyKey"/> once, however often it is sent, to whichever instance and across
/// restarts: for <see cref="KeptFor"/> the same caller's same key on the same route gets the first answer again.
/// </summary>
/// <remarks>
/// <para>Of calls that are sent at the same time one runs, and the others are told so at once, rather than to hold a
/// connection each (draft-ietf-httpapi-idempotency-key-header, section 2.6).</para>
/// <para>Who runs it is who wrote its row. A process that ends in the middle leaves a row without an answer: after
/// <see cref="TakenOverAfter"/> the next call with the key takes its place and runs the operation anew, which therefore must
/// itself bear being begun twice. An operation is given <see cref="RunsFor"/>, which is less, and is cancelled then.</para>
/// <para>Every kept answer is sealed, because some hold a token.</para>
/// </remarks>
public sealed class IdempotentCalls(ITableStore store, AccessKeys keys, TimeProvider time)
{
    /// <summary>How long an answer is given again, from the first call on.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    /// <summary>How long an operation may run: Azure's front end gives up on a request after 230 seconds.</summary>
    public static readonly TimeSpan RunsFor = TimeSpan.FromMinutes(4);

    /// <summary>After what time a call without an answer is taken over.</summary>
    public static readonly TimeSpan TakenOverAfter = TimeSpan.FromMinutes(5);

    private const int PurgedAtOnce = TableLimits.ChangesPerCommit / 2;

    /// <summary>Runs the operation, unless a call with this key has run it or is running it.</summary>
    /// <param name="caller">Whose key it is.</param>
    /// <param name="route">What the key is for: the method and the route's template.</param>
    /// <param name="key">The key.</param>
    /// <param name="request">What was sent.</param>
    /// <param name="operation">Does what is asked for, and answers. Where it throws, or its answer does not
    /// <see cref="StoredAnswer.Decides">decide</see>, the call can be made again. It goes on when the client goes away, because
    /// a client that comes back with the key comes for its answer.</param>
    /// <param name="cancellation">Gives up before the operation runs.</param>
    /// <exception cref="StoreUnavailableException">The store cannot answer; the operation has not run.</exception>
    public async Task<IdempotentOutcome> RunAsync(
        Caller caller, string route, IdempotencyKey key, RequestFingerprint request,
        Func<CancellationToken, Task<StoredAnswer>> operation, CancellationToken cancellation)
    {
        var place = IdempotentCallPlace.Of(caller, route, key);
        var fingerprint = request.Under(keys.Requests);
        while (true)
        {
            var now = time.GetUtcNow();
            var found = await FindAsync(place, cancellation);
            if (found is not null && found.ExpiresAt > now)
            {
                if (!CryptographicOperations.FixedTimeEquals(found.Request, fingerprint)) return new IdempotentOutcome.Mismatch();
                if (found.Open(place, keys.Data) is { } answer) return new IdempotentOutcome.Answered(answer, Repeated: true);
                if (found.RunningUntil > now) return new IdempotentOutcome.Running(found.RunningUntil - now);
            }
            if (await ClaimAsync(place, found, fingerprint, now, cancellation) is { } own)
                return new IdempotentOutcome.Answered(await RunAsync(place, own, operation), Repeated: false);
        }
    }

    /// <summary>Forgets what has expired, and returns how many calls. Several instances may do so at once.</summary>
    public async Task<int> PurgeAsync(CancellationToken cancellation)
    {
        var purged = 0;
        foreach (var partition in HexPartitions.OfHashes)
        {
            var expired = IdempotentCallPlace.Expired(time.GetUtcNow());
            while (await store.ReadAsync(IdempotentCallPlace.Table, partition, expired, PurgedAtOnce, cancellation) is { Count: > 0 } rows)
            {
                // The expiry row says that the call has that expiry still: the two change together.
                var deletion = rows.SelectMany(row =>
                    new[] { RowChange.Delete(row.Key), RowChange.Delete(IdempotentCallPlace.RowKeyOf(row.Key)) });
                var result = await store.CommitAsync(IdempotentCallPlace.Table, partition, [.. deletion], cancellation);
                // Where one was gone, another instance is at it, or the key was used anew: what is left is the next purge's.
                if (!result.Succeeded) break;
                purged += rows.Count;
            }
        }
        return purged;
    }

    private async Task<IdempotentCallRow?> FindAsync(IdempotentCallPlace place, CancellationToken cancellation) =>
        await store.GetAsync(IdempotentCallPlace.Table, place.Partition, place.RowKey, cancellation) is { } row
            ? IdempotentCallRow.Read(row)
            : null;

    // Writes that the call is running here; null where somebody else has written first.
    private async Task<IdempotentCallRow?> ClaimAsync(
        IdempotentCallPlace place, IdempotentCallRow? found, byte[] fingerprint, DateTimeOffset now, CancellationToken cancellation)
    {
        var isNew = found is null || found.ExpiresAt <= now;
        var own = new IdempotentCallRow(fingerprint, isNew ? now + KeptFor : found!.ExpiresAt, now + TakenOverAfter, SealedAnswer: null);
        var row = own.ToRow(place);
        List<RowChange> changes = [found is null ? RowChange.Insert(row) : RowChange.Replace(row, found.ETag!)];
        if (isNew) changes.Add(RowChange.Insert(new TableRow(place.ExpiryRowKey(own.ExpiresAt))));
        if (isNew && found is not null) changes.Add(RowChange.Delete(place.ExpiryRowKey(found.ExpiresAt)));
        var result = await store.CommitAsync(IdempotentCallPlace.Table, place.Partition, changes, cancellation);
        return result.Succeeded ? own with { ETag = result.ETags[0] } : null;
    }

    private async Task<StoredAnswer> RunAsync(
        IdempotentCallPlace place, IdempotentCallRow own, Func<CancellationToken, Task<StoredAnswer>> operation)
    {
        using var limit = new CancellationTokenSource(RunsFor, time);
        StoredAnswer? answer = null;
        try
        {
            answer = await operation(limit.Token);
            return answer;
        }
        finally
        {
            await EndAsync(place, own, answer);
        }
    }

    private async Task EndAsync(IdempotentCallPlace place, IdempotentCallRow own, StoredAnswer? answer)
    {
        RowChange[] changes = answer is { Decides: true }
            ? [RowChange.Replace(own.With(answer, place, keys.Data).ToRow(place), own.ETag!)]
            : [RowChange.Delete(place.RowKey, own.ETag), RowChange.Delete(place.ExpiryRowKey(own.ExpiresAt))];
        try
        {
            // It fails only where the call was taken over meanwhile; then the row is no longer ours.
            await store.CommitAsync(IdempotentCallPlace.Table, place.Partition, changes, CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            // What has been done has been done, and is answered so; a repetition is told 409 until it is taken over.
        }
    }
}
