using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>The statistics of an application (wire contract, "View CCU" to "View daily message count"). Days are UTC.</summary>
public sealed class UsageStatistics(ITableStore store, TimeProvider time)
{
    /// <summary>The most days of one request for daily counts.</summary>
    public const int MostDays = 366;

    /// <summary>The days of a month of active users: the given day and those before it.</summary>
    public const int MonthDays = 30;

    private readonly ActiveUsers users = new(store);
    private readonly NodeReports nodes = new(store, time);

    /// <summary>
    /// The messages of each day in a range, both ends included, newest first, including days without messages.
    /// </summary>
    /// <remarks>
    /// One read of the 16 shards, with a row for each day and shard that has messages. The number of messages makes no difference.
    /// </remarks>
    public async Task<IReadOnlyList<DailyCount>> DailyCountsAsync(
        AppId application, DateOnly from, DateOnly to, CancellationToken cancellation)
    {
        var days = to.DayNumber - from.DayNumber + 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, MostDays);
        // The first possible key after the last day's.
        var range = new RowRange(UsageKeys.Count(from), UsageKeys.Count(to) + " ");
        var shards = await store.ReadEachAsync(UsageKeys.Table, UsageKeys.AllMessages(application), range, days, cancellation);
        var counts = new long[days];
        foreach (var row in shards.SelectMany(rows => rows))
            counts[to.DayNumber - UsageKeys.DayOf(row.Key).DayNumber] += row.GetInt64(MessageLedger.CountProperty);
        return [.. counts.Select((count, back) => new DailyCount(to.AddDays(-back), count))];
    }

    /// <summary>The distinct users of a day: exact up to 1,000, within 2 % above.</summary>
    public async Task<long> DailyActiveUsersAsync(AppId application, DateOnly day, CancellationToken cancellation) =>
        (await users.CountAsync(application, day, day, cancellation)).OnLast;

    /// <summary>The distinct users of the 30 days that end with a day.</summary>
    public async Task<long> MonthlyActiveUsersAsync(AppId application, DateOnly day, CancellationToken cancellation) =>
        (await ActiveUsersAsync(application, day, cancellation)).Monthly;

    /// <summary>The distinct users of a day, and of the 30 days that end with it, in one read of the 16 chunks.</summary>
    public Task<(long Daily, long Monthly)> ActiveUsersAsync(AppId application, DateOnly day, CancellationToken cancellation) =>
        users.CountAsync(
            application, DateOnly.FromDayNumber(Math.Max(0, day.DayNumber - (MonthDays - 1))), day, cancellation);

    /// <summary>The open connections of all nodes that have reported in the last 60 seconds.</summary>
    public Task<long> ConcurrentConnectionsAsync(AppId application, CancellationToken cancellation) =>
        nodes.SumAsync(application, cancellation);
}
