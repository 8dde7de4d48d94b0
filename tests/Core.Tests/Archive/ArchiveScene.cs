using System.Collections.Concurrent;
using System.Globalization;
using Gatehouse.Alerts;
using Gatehouse.Archive;
using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Common;
using Gatehouse.Custody.Applications;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Tests.Custody;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Archive;

/// <summary>One instance of the archive: the state of one process.</summary>
internal sealed record ArchiveInstance(
    CustodyInstance Custody, DailyArchive Archive, Backfills Backfills, ArchiveReader Reader, ArchiveRuns Runs);

/// <summary>Custody, a platform with daily counts made up by the test, and instances of the archive over them.</summary>
internal sealed class ArchiveScene : IAsyncDisposable
{
    public const string Table = "DailyMessageCounts";

    public static readonly CancellationToken None = CancellationToken.None;

    private readonly CustodyScene custody;
    private readonly ConcurrentDictionary<(AppId, DateOnly), long?> made = new();

    private ArchiveScene(CustodyScene custody)
    {
        this.custody = custody;
        Store = new CountingStore(custody.Store);
        Clock = new WrongClock(custody.Clock);
        custody.Platform.DailyCounts = Answer;
    }

    public ArchiveSettings Settings { get; set; } = new();

    public CountingStore Store { get; }

    /// <summary>The archive's clock. Custody's clock is right.</summary>
    public WrongClock Clock { get; }

    public TestClock RightClock => custody.Clock;

    public ScriptedPlatform Platform => custody.Platform;

    public FaultyVault Vault => custody.Vault;

    /// <summary>The requested ranges, in order.</summary>
    public ConcurrentQueue<DayRange> Asked { get; } = new();

    /// <summary>The most days of one request. More are refused.</summary>
    public int MostDays { get; set; } = UsageStatistics.MostDays;

    /// <summary>The first day that the platform still has. Ranges with earlier days are refused.</summary>
    public DateOnly Remembers { get; set; } = DateOnly.MinValue;

    public DateOnly Today => DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);

    public static async Task<ArchiveScene> CreateAsync(string? path = null) => new(await CustodyScene.CreateAsync(path));

    public static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A new instance, as after a restart.</summary>
    public ArchiveInstance Start()
    {
        var held = custody.Start();
        var alerts = new AlertOutbox(Store);
        var webhooks = new UsageStatistics(Store, Clock);
        var runs = new ArchiveRuns(Store, Settings, Clock);
        return new ArchiveInstance(
            held,
            new DailyArchive(Platform, held.Masters, held.Applications, Store, webhooks, runs, alerts, Settings, Clock),
            new Backfills(Platform, held.Masters, held.Applications, Store, webhooks, alerts, Settings, Clock),
            new ArchiveReader(Store, held.Applications, Clock),
            runs);
    }

    /// <summary>Creates an application now.</summary>
    public async Task<AppId> AddAsync() => (await custody.Start().Applications.CreateAsync("application", CreationCall.Once(), None)).Id;

    /// <summary>Goes to 01:20 of a day, when the timer fires.</summary>
    public void GoTo(DateOnly day) => RightClock.Set(new DateTimeOffset(day, new TimeOnly(1, 20), TimeSpan.Zero));

    /// <summary>Advances by a number of days, and runs the archive.</summary>
    public async Task<ArchiveRun> RunOnAsync(DateOnly day, ArchiveInstance instance)
    {
        GoTo(day);
        return (await instance.Archive.RunAsync(None)).Run;
    }

    /// <summary>Sets the platform's count of a day; null to leave it out, negative for a value that is not a count.</summary>
    public void Say(AppId application, DateOnly day, long? count) => made[(application, day)] = count;

    /// <summary>The platform's count of a day.</summary>
    public long? Said(AppId application, DateOnly day) => made.GetValueOrDefault(
        (application, day), day.DayNumber * 31L % 1000 + application.ToGuid().ToByteArray()[0]);

    /// <summary>The archived days, in order.</summary>
    public async Task<IReadOnlyList<ArchivedDay>> DaysAsync(AppId application)
    {
        var days = new List<ArchivedDay>();
        var range = new RowRange("0", ":");
        while (await Store.ReadAsync(Table, application.ToString(), range, 1000, None) is { Count: > 0 } rows)
        {
            days.AddRange(rows.Select(ArchivedDay.Read));
            range = range.StartingAfter(rows[^1].Key);
        }
        return days;
    }

    public async Task<ArchivedDay> DayAsync(AppId application, DateOnly day) =>
        (await DaysAsync(application)).Single(archived => archived.Day == day);

    /// <summary>Asserts that the archive has exactly the days of a range, with the platform's counts.</summary>
    public async Task AssertArchivedAsync(AppId application, DateOnly from, DateOnly to)
    {
        var days = await DaysAsync(application);
        Assert.Equal(
            Enumerable.Range(0, to.DayNumber - from.DayNumber + 1).Select(offset => from.AddDays(offset))
                .Select(day => (day, Said(application, day)!.Value)),
            days.Select(day => (day.Day, day.Count)));
    }

    /// <summary>The keys and facts of the raised alerts.</summary>
    public async Task<IReadOnlyList<TableRow>> AlertsAsync()
    {
        var alerts = new List<TableRow>();
        foreach (var partition in "0123456789abcdef")
            alerts.AddRange(await Store.ReadAsync("Alerts", partition.ToString(), RowRange.Prefix("k:"), 1000, None));
        return alerts;
    }

    public ValueTask DisposeAsync() => custody.DisposeAsync();

    private DailyCountAnswer Answer(AppId application, DateOnly from, DateOnly to)
    {
        Asked.Enqueue(new DayRange(from, to));
        if (to.DayNumber - from.DayNumber >= MostDays || from < Remembers) throw PlatformException.OutOfRange("The range is too long.");
        var days = Enumerable.Range(0, to.DayNumber - from.DayNumber + 1).Select(back => to.AddDays(-back));
        return new DailyCountAnswer(
            [
                .. from day in days
                   let count = Said(application, day)
                   where count is >= 0
                   select new DailyCount(day, count.Value),
            ],
            [.. days.Where(day => Said(application, day) < 0)]);
    }
}
