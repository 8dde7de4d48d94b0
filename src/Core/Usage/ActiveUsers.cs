using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>
/// Stores which users were active on each day: a row for each day and chunk of users (<see cref="DistinctUsers"/>). Adding
/// is idempotent, so a request can be repeated.
/// </summary>
internal sealed class ActiveUsers
{
    private const string Exact = "Users";
    private const string Sketched = "Registers";

    // Rows of 8 KB at most, in two generations: 16 MB.
    private const int CachedDays = 1024;
    private const int DaysPerCommit = 50;

    private readonly ITableStore store;
    private readonly PartitionWriteQueue<Seen> queue;
    private readonly GenerationCache<(string Partition, DateOnly Day), Known> cache = new(CachedDays);

    public ActiveUsers(ITableStore store)
    {
        this.store = store;
        queue = new PartitionWriteQueue<Seen>(WriteAsync, int.MaxValue);
    }

    /// <summary>
    /// Adds the users of a request's events, without those of refused events; completes when they are durable. A user who
    /// was already added costs nothing.
    /// </summary>
    public Task AddAsync(AppId application, IReadOnlyList<UsageEvent> events, EventOutcome[] outcomes)
    {
        var groups = new Dictionary<(int Chunk, DateOnly Day), List<ulong>>();
        for (var index = 0; index < events.Count; index++)
        {
            var one = events[index];
            if (one.User == 0 || outcomes[index] == EventOutcome.OverUserLimit) continue;
            var key = (UsageKeys.ChunkOf(one.User), one.Day);
            if (!groups.TryGetValue(key, out var users)) groups.Add(key, users = []);
            users.Add(one.User);
        }

        var writes = new List<Task>(groups.Count);
        foreach (var ((chunk, day), users) in groups)
        {
            var partition = UsageKeys.Users(application, chunk);
            if (!cache.TryGet((partition, day), out var known) || !users.TrueForAll(known.Users.Covers))
                writes.Add(queue.AddAsync(partition, new Seen(day, users), 1));
        }
        return Task.WhenAll(writes);
    }

    /// <summary>
    /// How many users were active on the last day, and from the first day to the last, both included. The days should not be far
    /// apart.
    /// </summary>
    public async Task<(long OnLast, long OnAny)> CountAsync(
        AppId application, DateOnly from, DateOnly to, CancellationToken cancellation)
    {
        // The first possible key after the last day's.
        var range = new RowRange(UsageKeys.UserDay(from), UsageKeys.UserDay(to) + " ");
        var (onLast, onAny) = (0.0, 0.0);
        foreach (var rows in await store.ReadEachAsync(
            UsageKeys.Table, UsageKeys.AllUsers(application), range, to.DayNumber - from.DayNumber + 1, cancellation))
        {
            DistinctUsers[] days = [.. rows.Select(Read)];
            if (rows is [.., { Key: var key }] && key == UsageKeys.UserDay(to)) onLast += days[^1].Count;
            onAny += DistinctUsers.Union(days).Count;
        }
        return ((long)Math.Round(onLast), (long)Math.Round(onAny));
    }

    private async Task WriteAsync(string partition, IReadOnlyList<Seen> turn)
    {
        foreach (var days in turn.GroupBy(seen => seen.Day, seen => seen.Users).Chunk(DaysPerCommit))
        {
            while (!await TryWriteAsync(partition, days))
            {
                // Another instance has written: its rows are read again.
                foreach (var day in days) cache.Remove((partition, day.Key));
            }
        }
    }

    private async Task<bool> TryWriteAsync(string partition, IGrouping<DateOnly, List<ulong>>[] days)
    {
        var changes = new List<RowChange>(days.Length);
        var changed = new List<(DateOnly Day, DistinctUsers Users)>(days.Length);
        foreach (var day in days)
        {
            var before = await KnownAsync(partition, day.Key);
            var after = before.Users.With(day.SelectMany(users => users));
            if (after == before.Users) continue;
            var row = new TableRow(UsageKeys.UserDay(day.Key), (after.IsExact ? Exact : Sketched, after.ToBytes()));
            changes.Add(before.ETag is null ? RowChange.Insert(row) : RowChange.Replace(row, before.ETag));
            changed.Add((day.Key, after));
        }
        if (changes.Count == 0) return true;
        var result = await store.CommitAsync(UsageKeys.Table, partition, changes, CancellationToken.None);
        if (!result.Succeeded) return false;
        for (var at = 0; at < changed.Count; at++)
            cache.Set((partition, changed[at].Day), new Known(changed[at].Users, result.ETags[at]));
        return true;
    }

    private async ValueTask<Known> KnownAsync(string partition, DateOnly day)
    {
        if (cache.TryGet((partition, day), out var known)) return known;
        var row = await store.GetAsync(UsageKeys.Table, partition, UsageKeys.UserDay(day), CancellationToken.None);
        if (row is null) return new Known(DistinctUsers.None, null);
        known = new Known(Read(row), row.ETag);
        cache.Set((partition, day), known);
        return known;
    }

    private static DistinctUsers Read(TableRow row) => row.Find(Exact) is byte[] users
        ? DistinctUsers.Of(exact: true, users)
        : DistinctUsers.Of(exact: false, row.GetBinary(Sketched));

    /// <summary>The users of one chunk that one request has reported for one day.</summary>
    private sealed record Seen(DateOnly Day, List<ulong> Users);

    /// <summary>
    /// The users of a day as last known from the store; without an ETag there is no row. Users are never removed.
    /// </summary>
    private readonly record struct Known(DistinctUsers Users, string? ETag);
}
