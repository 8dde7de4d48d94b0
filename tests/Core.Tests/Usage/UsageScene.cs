using System.Globalization;
using System.Text;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

/// <summary>A store, a recorder over it, one application, and short ways to create events.</summary>
internal sealed class UsageScene : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public UsageScene()
    {
        Store = SqliteTableStore.Open(folder["usage.db"]);
        Recorder = NewRecorder();
        Statistics = new UsageStatistics(Store, Clock);
    }

    public TestClock Clock { get; } = new();

    public SqliteTableStore Store { get; }

    public UsageRecorder Recorder { get; }

    public UsageStatistics Statistics { get; }

    public AppId Application { get; } = AppId.Generate();

    public DateOnly Today => DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);

    /// <summary>Another recorder, as of another instance; without limits by default.</summary>
    public UsageRecorder NewRecorder(ITableStore? store = null, UsageLimits? limits = null) =>
        new(store ?? Store, limits ?? new UsageLimits(Store, Clock), Clock);

    public UsageEvent Message(string id, string? user = null, string? channel = null, DateTimeOffset? at = null) => UsageEvent.OfMessage(
        Encoding.UTF8.GetBytes(id), Encoding.UTF8.GetBytes(user ?? $"user of {id}"), Encoding.UTF8.GetBytes(channel ?? $"channel of {id}"),
        at ?? Clock.GetUtcNow());

    public UsageEvent Active(string user, DateTimeOffset? at = null) =>
        UsageEvent.OfActive(Encoding.UTF8.GetBytes(user), at ?? Clock.GetUtcNow());

    public Task<UsageReceipt> RecordAsync(params UsageEvent[] events) => Recorder.RecordAsync(Application, events, default);

    public async Task<long> CountAsync(DateOnly day) => (await Statistics.DailyCountsAsync(Application, day, day, default))[0].Messages;

    public Task<long> DauAsync(DateOnly day) => Statistics.DailyActiveUsersAsync(Application, day, default);

    public Task<long> MauAsync(DateOnly day) => Statistics.MonthlyActiveUsersAsync(Application, day, default);

    public Task<long> CcuAsync() => Statistics.ConcurrentConnectionsAsync(Application, default);

    public static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    public static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    public void Dispose()
    {
        Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        folder.Dispose();
    }
}
