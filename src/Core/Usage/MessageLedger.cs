using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>
/// Counts each message once, by its id. The mark that it was counted and the count of its day are written in one commit. So
/// a message has a mark exactly when it is in a count, even if requests are interrupted, repeated, or sent to several
/// instances at once.
/// </summary>
/// <remarks>
/// Marks are inserted without a check, because most messages are new. If a mark exists already, the whole commit fails; then
/// the messages with marks are removed from it, and the rest is tried again.
/// </remarks>
internal sealed class MessageLedger
{
    /// <summary>The property of a mark with the time when its message was counted.</summary>
    public const string CountedAt = "At";

    /// <summary>The property of a day's count.</summary>
    public const string CountProperty = "Count";

    // A commit holds this many marks and the count of one day.
    private const int MarksPerTurn = TableLimits.ChangesPerCommit - 1;

    // About 200 bytes each, in two generations: 3 MB.
    private const int CachedCounts = 8192;

    private readonly ITableStore store;
    private readonly TimeProvider time;
    private readonly PartitionWriteQueue<Batch> queue;
    private readonly GenerationCache<(string Partition, DateOnly Day), DayCount> counts = new(CachedCounts);

    public MessageLedger(ITableStore store, TimeProvider time)
    {
        this.store = store;
        this.time = time;
        queue = new PartitionWriteQueue<Batch>(WriteAsync, MarksPerTurn);
    }

    /// <summary>
    /// Counts the accepted messages of a request, and marks the duplicates among them. Completes when all is durable.
    /// </summary>
    public Task CountAsync(AppId application, IReadOnlyList<UsageEvent> events, EventOutcome[] outcomes)
    {
        var writes = new List<Task>(UsageKeys.Shards);
        foreach (var (shard, indexes) in Sharded(events, outcomes, EventOutcome.Accepted))
        {
            var batch = new Batch(events, outcomes, indexes);
            writes.Add(queue.AddAsync(UsageKeys.Messages(application, shard), batch, indexes.Count));
        }
        return Task.WhenAll(writes);
    }

    /// <summary>Finds, among messages that would be refused, those that were counted before: they are duplicates.</summary>
    public async Task FindCountedAsync(
        AppId application, IReadOnlyList<UsageEvent> events, EventOutcome[] outcomes, CancellationToken cancellation)
    {
        foreach (var (shard, indexes) in Sharded(events, outcomes, EventOutcome.OverUserLimit, EventOutcome.TooOld))
        {
            var marks = await store.GetManyAsync(
                UsageKeys.Table, UsageKeys.Messages(application, shard),
                [.. indexes.Select(index => UsageKeys.Mark(events[index].Message))], cancellation);
            for (var at = 0; at < indexes.Count; at++)
                if (marks[at] is not null) outcomes[indexes[at]] = EventOutcome.Duplicate;
        }
    }

    private static IEnumerable<(int Shard, List<int> Indexes)> Sharded(
        IReadOnlyList<UsageEvent> events, EventOutcome[] outcomes, params EventOutcome[] chosen)
    {
        var shards = new List<int>?[UsageKeys.Shards];
        for (var index = 0; index < events.Count; index++)
        {
            if (chosen.Contains(outcomes[index]) && events[index].Kind == UsageEventKind.Message)
                (shards[UsageKeys.ShardOf(events[index].Message)] ??= []).Add(index);
        }
        for (var shard = 0; shard < shards.Length; shard++)
            if (shards[shard] is { } indexes) yield return (shard, indexes);
    }

    private async Task WriteAsync(string partition, IReadOnlyList<Batch> turn)
    {
        var commit = new List<Mark>(MarksPerTurn);
        var days = new HashSet<DateOnly>();
        var seen = new HashSet<UInt128>();
        foreach (var batch in turn)
        {
            foreach (var index in batch.Indexes)
            {
                var message = batch.Events[index];
                if (!seen.Add(message.Message))
                {
                    batch.Outcomes[index] = EventOutcome.Duplicate;
                    continue;
                }
                var day = message.Day;
                if (commit.Count + 1 + days.Count + (days.Contains(day) ? 0 : 1) > TableLimits.ChangesPerCommit)
                {
                    await CommitAsync(partition, commit);
                    commit.Clear();
                    days.Clear();
                }
                days.Add(day);
                commit.Add(new Mark(UsageKeys.Mark(message.Message), day, batch.Outcomes, index));
            }
        }
        await CommitAsync(partition, commit);
    }

    // Not cancelled, here or in the queue: a write belongs to several callers.
    private async Task CommitAsync(string partition, List<Mark> marks)
    {
        while (marks.Count > 0)
        {
            var days = marks.CountBy(mark => mark.Day).ToList();
            var before = await CountsAsync(partition, days);
            var changes = new List<RowChange>(days.Count + marks.Count);
            for (var at = 0; at < days.Count; at++) changes.Add(before[at].Raised(days[at].Key, days[at].Value));
            // All marks of a commit share one property.
            RowProperty[] countedAt = [new(CountedAt, time.GetUtcNow())];
            foreach (var mark in marks) changes.Add(RowChange.Insert(new TableRow(mark.Row, null, countedAt)));

            var result = await store.CommitAsync(UsageKeys.Table, partition, changes, CancellationToken.None);
            for (var at = 0; at < days.Count; at++)
            {
                var key = (partition, days[at].Key);
                if (result.Succeeded) counts.Set(key, new DayCount(before[at].Count + days[at].Value, result.ETags[at]));
                // Another instance has counted: its count is read again.
                else if (result.FailedIndex < days.Count) counts.Remove(key);
            }
            if (result.Succeeded) return;
            if (result.FailedIndex >= days.Count) await DropCountedAsync(partition, marks);
        }
    }

    private async Task<DayCount[]> CountsAsync(string partition, List<KeyValuePair<DateOnly, int>> days)
    {
        var found = new DayCount[days.Count];
        for (var at = 0; at < found.Length; at++)
        {
            var key = (partition, days[at].Key);
            if (counts.TryGet(key, out found[at])) continue;
            var row = await store.GetAsync(UsageKeys.Table, partition, UsageKeys.Count(key.Key), CancellationToken.None);
            found[at] = row is null ? default : new DayCount(row.GetInt64(CountProperty), row.ETag);
        }
        return found;
    }

    private async Task DropCountedAsync(string partition, List<Mark> marks)
    {
        var found = await store.GetManyAsync(
            UsageKeys.Table, partition, [.. marks.Select(mark => mark.Row)], CancellationToken.None);
        for (var at = marks.Count - 1; at >= 0; at--)
        {
            if (found[at] is null) continue;
            marks[at].Outcomes[marks[at].Index] = EventOutcome.Duplicate;
            marks.RemoveAt(at);
        }
    }

    /// <summary>The messages that one request brings to one shard.</summary>
    private sealed record Batch(IReadOnlyList<UsageEvent> Events, EventOutcome[] Outcomes, List<int> Indexes);

    /// <summary>A mark to write, and where to report that it existed.</summary>
    private readonly record struct Mark(string Row, DateOnly Day, EventOutcome[] Outcomes, int Index);

    /// <summary>The count of a day as last known from the store; without an ETag there is no row.</summary>
    private readonly record struct DayCount(long Count, string? ETag)
    {
        public RowChange Raised(DateOnly day, int by)
        {
            var row = new TableRow(UsageKeys.Count(day), (CountProperty, Count + by));
            return ETag is null ? RowChange.Insert(row) : RowChange.Replace(row, ETag);
        }
    }
}
