using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Usage;

/// <summary>The limits of messages a second, for a user and for a channel; 0 for no limit.</summary>
/// <param name="UserMessagesPerSecond">Messages above it are refused and not counted.</param>
/// <param name="ChannelMessagesPerSecond">Messages above it are counted, but not shown.</param>
public sealed record MessageLimits(int UserMessagesPerSecond, int ChannelMessagesPerSecond)
{
    /// <summary>The highest possible limit.</summary>
    public const int Most = 10_000;

    /// <summary>5 messages a second each (contract, "Default settings").</summary>
    public static readonly MessageLimits Default = new(5, 5);

    /// <summary>No limits.</summary>
    public static readonly MessageLimits None = new(0, 0);
}

/// <summary>
/// The limits of each application. Limits that were set through this instance apply at once; those that were set through
/// another one after at most <see cref="Staleness"/>.
/// </summary>
public sealed class UsageLimits(ITableStore store, TimeProvider time)
{
    /// <summary>How long limits are cached.</summary>
    public static readonly TimeSpan Staleness = TimeSpan.FromSeconds(5);

    /// <summary>The table of the limits.</summary>
    public const string Table = UsageKeys.Table;

    /// <summary>The partitions of the limits.</summary>
    public static readonly IReadOnlyList<string> Partitions = [.. UsageKeys.AllLimits];

    private const string User = "UserMessagesPerSecond";
    private const string Channel = "ChannelMessagesPerSecond";
    private const int CachedApplications = 4096;

    private readonly GenerationCache<AppId, (MessageLimits Limits, long ReadAt)> cache = new(CachedApplications);

    /// <summary>The partition of an application's limits.</summary>
    public static string PartitionOf(AppId application) => UsageKeys.Limits(application);

    /// <summary>The limits of an application.</summary>
    public async ValueTask<MessageLimits> GetAsync(AppId application, CancellationToken cancellation)
    {
        if (cache.TryGet(application, out var known) && time.GetElapsedTime(known.ReadAt) < Staleness) return known.Limits;
        var readAt = time.GetTimestamp();
        var row = await store.GetAsync(Table, PartitionOf(application), RowOf(application), cancellation);
        var limits = row is null ? MessageLimits.Default : new MessageLimits((int)row.GetInt64(User), (int)row.GetInt64(Channel));
        cache.Set(application, (limits, readAt));
        return limits;
    }

    /// <summary>Sets the limits of an application.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One of them is not from 0 to <see cref="MessageLimits.Most"/>.</exception>
    public Task SetAsync(AppId application, MessageLimits limits, CancellationToken cancellation) =>
        SetAsync(application, limits, [], cancellation);

    /// <summary>Sets the limits of an application, together with other changes in the same commit.</summary>
    /// <param name="application">The application.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="beside">Other changes in the application's partition (<see cref="PartitionOf"/>).</param>
    /// <param name="cancellation">Cancels.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is not from 0 to <see cref="MessageLimits.Most"/>.</exception>
    public async Task SetAsync(
        AppId application, MessageLimits limits, IReadOnlyList<RowChange> beside, CancellationToken cancellation)
    {
        RequireInRange(limits.UserMessagesPerSecond);
        RequireInRange(limits.ChannelMessagesPerSecond);
        var row = new TableRow(RowOf(application), (User, limits.UserMessagesPerSecond), (Channel, limits.ChannelMessagesPerSecond));
        (await store.CommitAsync(Table, PartitionOf(application), [RowChange.Put(row), .. beside], cancellation)).OrThrow();
        cache.Remove(application);
    }

    private static string RowOf(AppId application) => $"l:{application}";

    private static void RequireInRange(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MessageLimits.Most);
    }
}
