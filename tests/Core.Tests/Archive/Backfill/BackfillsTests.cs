using Gatehouse.Archive;
using Gatehouse.Archive.Backfill;
using Gatehouse.Custody;
using Gatehouse.Platform;
using static Gatehouse.Tests.Archive.ArchiveScene;

namespace Gatehouse.Tests.Archive.Backfill;

/// <summary>Backfills: days on request.</summary>
public sealed class BackfillsTests : IAsyncLifetime
{
    private static readonly DateOnly Last = Day("2028-12-31");

    private ArchiveScene scene = null!;
    private ArchiveInstance instance = null!;
    private AppId id;

    private Backfills Backfills => instance.Backfills;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
        id = await scene.AddAsync();
        scene.GoTo(Last.AddDays(1));
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Five_years_take_21_requests_and_19_commits()
    {
        // With two leap days, which is the most that five years can have.
        var days = new DayRange(Day("2024-01-01"), Last);
        Assert.Equal(1827, days.Days);
        var ordered = await Backfills.OrderAsync(id, days, None);
        Assert.Equal((BackfillState.Running, 0, null), (ordered.State, ordered.DaysDone, ordered.Remaining));
        scene.Store.Commits.Clear();
        Assert.Empty(await Backfills.RunAsync(None));

        Assert.Equal(21, scene.Asked.Count);
        Assert.Equal(19, scene.Store.Commits.Count);
        Assert.All(scene.Store.Commits, commit => Assert.InRange(commit.Changes, 1, 100));
        await scene.AssertArchivedAsync(id, days.From, days.To);
        var done = (await Backfills.FindAsync(id, ordered.Id, None))!;
        Assert.Equal((BackfillState.Done, 1827, 0, TimeSpan.Zero), (done.State, done.DaysDone, done.DaysMissing, done.Remaining));

        // The next run removes it from the queue. After that it costs nothing.
        await Backfills.RunAsync(None);
        Assert.Equal(("Archive", 1), scene.Store.Commits.Last());
        await Backfills.RunAsync(None);
        Assert.Equal(20, scene.Store.Commits.Count);
        Assert.Equal(21, scene.Asked.Count);
    }

    [Fact]
    public async Task The_first_run_over_five_years_costs_the_same()
    {
        scene.GoTo(Day("2024-05-15").AddDays(1827));
        scene.Store.Commits.Clear();
        await instance.Archive.RunAsync(None);
        Assert.Equal(21, scene.Asked.Count);
        Assert.Equal(19, scene.Store.Count(Table));
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), scene.Today.AddDays(-1));
    }

    [Fact]
    public async Task A_second_order_for_the_same_days_returns_the_first()
    {
        var days = new DayRange(Day("2028-01-01"), Last);
        var ordered = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => scene.Start().Backfills.OrderAsync(id, days, None))));
        Assert.Single(ordered.Select(one => one.Id).Distinct());
        Assert.NotEqual(ordered[0].Id, (await Backfills.OrderAsync(id, days with { From = Day("2028-01-02") }, None)).Id);
        await Backfills.RunAsync(None);
        Assert.NotEqual(ordered[0].Id, (await Backfills.OrderAsync(id, days, None)).Id);
        Assert.Equal(BackfillState.Done, (await Backfills.FindAsync(id, ordered[0].Id, None))!.State);
    }

    [Fact]
    public async Task A_backfill_continues_after_a_restart()
    {
        var days = new DayRange(Day("2027-01-01"), Last);
        var ordered = await Backfills.OrderAsync(id, days, None);
        using var stop = new CancellationTokenSource();
        var commits = 0;
        scene.Store.BeforeCommit = _ =>
        {
            if (++commits == 4) stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
            scene.RightClock.Advance(TimeSpan.FromSeconds(98));
            return Task.CompletedTask;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Backfills.RunAsync(stop.Token));
        scene.Store.BeforeCommit = null;

        var cutOff = (await Backfills.FindAsync(id, ordered.Id, None))!;
        Assert.Equal((BackfillState.Running, 3 * 98), (cutOff.State, cutOff.DaysDone));
        // Three commits took two times 98 seconds and the time before the first.
        scene.Asked.Clear();
        scene.RightClock.Advance(TimeSpan.FromDays(1));
        instance = scene.Start();
        await Backfills.RunAsync(None);
        Assert.Equal(days.From.AddDays(3 * 98), scene.Asked.First().From);
        Assert.Equal(BackfillState.Done, (await Backfills.FindAsync(id, ordered.Id, None))!.State);
        await scene.AssertArchivedAsync(id, days.From, days.To);
    }

    [Fact]
    public async Task The_remaining_time_is_estimated_from_the_time_so_far()
    {
        var ordered = await Backfills.OrderAsync(id, new DayRange(Day("2028-01-01"), Last), None);
        var left = new List<TimeSpan?>();
        scene.Platform.Before(nameof(IPlatform.ViewDailyCountsAsync), async _ =>
        {
            left.Add((await Backfills.FindAsync(id, ordered.Id, None))!.Remaining);
            scene.RightClock.Advance(TimeSpan.FromSeconds(9));
        });
        await Backfills.RunAsync(None);
        // 98 days of 366 after two requests of 9 s, 294 after four.
        Assert.Equal([null, null, TimeSpan.FromSeconds(18) / 98 * 268, TimeSpan.FromSeconds(27) / 196 * 170, TimeSpan.FromSeconds(36) / 294 * 72], left);
    }

    [Fact]
    public async Task A_backfill_is_retried_until_the_platform_is_up()
    {
        var ordered = await Backfills.OrderAsync(id, new DayRange(Day("2028-12-01"), Last), None);
        scene.Platform.FailBefore(nameof(IPlatform.ViewDailyCountsAsync), PlatformException.Unavailable());
        Assert.Equal("platform-unavailable", Assert.Single(await Backfills.RunAsync(None)).Problem);
        var waiting = (await Backfills.FindAsync(id, ordered.Id, None))!;
        Assert.Equal((BackfillState.Running, 1, "platform-unavailable"), (waiting.State, waiting.Tries, waiting.Problem));
        scene.Platform.Recover();
        Assert.Empty(await Backfills.RunAsync(None));
        var done = (await Backfills.FindAsync(id, ordered.Id, None))!;
        Assert.Equal((BackfillState.Done, 0, null), (done.State, done.Tries, done.Problem));
    }

    [Fact]
    public async Task A_backfill_fails_after_sixty_attempts()
    {
        var ordered = await Backfills.OrderAsync(id, new DayRange(Day("2028-12-01"), Last), None);
        scene.Vault.RefusesReads = true;
        for (var tries = 0; tries < 61; tries++) await Backfills.RunAsync(None);
        var failed = (await Backfills.FindAsync(id, ordered.Id, None))!;
        Assert.Equal((BackfillState.Failed, 60, "vault-refused", null), (failed.State, failed.Tries, failed.Problem, failed.Remaining));
    }

    [Fact]
    public async Task A_lasting_refusal_fails_a_backfill_at_once()
    {
        var ordered = await Backfills.OrderAsync(id, new DayRange(Day("2028-12-01"), Last), None);
        scene.Platform.FailBefore(nameof(IPlatform.ViewDailyCountsAsync), PlatformException.InvalidCredential("no"));
        Assert.Single(await Backfills.RunAsync(None));
        var failed = (await Backfills.FindAsync(id, ordered.Id, None))!;
        Assert.Equal((BackfillState.Failed, "master-token-refused"), (failed.State, failed.Problem));
        scene.Platform.Recover();
        Assert.Empty(await Backfills.RunAsync(None));
        Assert.Empty(scene.Asked);
    }

    [Fact]
    public async Task Two_concurrent_instances_and_a_daily_run_between_them_do_no_harm()
    {
        var days = new DayRange(Day("2024-06-01"), Last);
        var ordered = await Backfills.OrderAsync(id, days, None);
        scene.Store.Commits.Clear();
        await Task.WhenAll(
            Task.Run(() => scene.Start().Backfills.RunAsync(None)), Task.Run(() => scene.Start().Backfills.RunAsync(None)),
            Task.Run(() => scene.Start().Archive.RunAsync(None)));
        for (var passes = 0; passes < 3; passes++) await Backfills.RunAsync(None);
        Assert.Equal(BackfillState.Done, (await Backfills.FindAsync(id, ordered.Id, None))!.State);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Last);
    }

    [Fact]
    public async Task A_run_that_writes_between_two_commits_does_not_stop_a_backfill()
    {
        var days = new DayRange(Day("2028-01-01"), Last);
        var ordered = await Backfills.OrderAsync(id, days, None);
        scene.Store.BeforeCommit = async table =>
        {
            if (table != Table) return;
            scene.Store.BeforeCommit = null;
            await scene.Start().Archive.RunAsync(None);
        };
        Assert.Empty(await Backfills.RunAsync(None));
        Assert.Equal(BackfillState.Done, (await Backfills.FindAsync(id, ordered.Id, None))!.State);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Last);
    }

    [Fact]
    public async Task A_gap_is_filled_and_days_that_stay_missing_are_counted()
    {
        for (var day = Day("2028-12-01"); day <= Day("2028-12-20"); day = day.AddDays(1)) scene.Say(id, day, null);
        await instance.Archive.RunAsync(None);
        Assert.Equal([new DayRange(Day("2028-12-01"), Day("2028-12-20"))], await GapsAsync());

        for (var day = Day("2028-12-01"); day <= Day("2028-12-19"); day = day.AddDays(1)) scene.Say(id, day, 5);
        var ordered = await Backfills.OrderAsync(id, new DayRange(Day("2028-11-25"), Day("2028-12-25")), None);
        await Backfills.RunAsync(None);
        Assert.Equal(1, (await Backfills.FindAsync(id, ordered.Id, None))!.DaysMissing);
        Assert.Equal([new DayRange(Day("2028-12-20"), Day("2028-12-20"))], await GapsAsync());
    }

    [Fact]
    public async Task An_application_that_is_deleted_before_its_turn_fails_its_backfill()
    {
        var ordered = await Backfills.OrderAsync(id, new DayRange(Day("2028-12-01"), Last), None);
        await instance.Custody.Applications.DeleteAsync(id, "application", None);
        Assert.Single(await Backfills.RunAsync(None));
        Assert.Equal("unknown-application", (await Backfills.FindAsync(id, ordered.Id, None))!.Problem);
        await Assert.ThrowsAsync<CustodyException>(() => Backfills.OrderAsync(id, new DayRange(Last, Last), None));
    }

    private async Task<IReadOnlyList<DayRange>> GapsAsync() =>
        [.. Assert.Single((await instance.Reader.ListGapsAsync(null, 10, None)).Gaps).Missing.Select(gap => gap.Days)];
}
