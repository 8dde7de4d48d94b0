using System.Text.Json;
using Gatehouse.Archive;
using Gatehouse.Archive.Daily;
using Gatehouse.Common;
using Gatehouse.Platform;
using Gatehouse.Storage;
using static Gatehouse.Tests.Archive.ArchiveScene;

namespace Gatehouse.Tests.Archive;

/// <summary>Failures of a run, and what they leave behind.</summary>
public sealed class ArchiveFaultTests : IAsyncLifetime
{
    private ArchiveScene scene = null!;
    private ArchiveInstance instance = null!;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_range_that_is_refused_is_halved_and_nothing_is_lost()
    {
        var id = await scene.AddAsync();
        scene.MostDays = 30;
        await scene.RunOnAsync(Day("2024-05-15").AddDays(100), instance);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-05-15").AddDays(99));
        Assert.Equal([90, 45, 22, 22, 22, 22, 12], scene.Asked.Select(range => range.Days));
    }

    [Fact]
    public async Task A_platform_that_allows_one_day_at_a_time_is_read_day_by_day()
    {
        var id = await scene.AddAsync();
        scene.MostDays = 1;
        await scene.RunOnAsync(Day("2024-05-15").AddDays(10), instance);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-05-24"));
        Assert.Equal([10, 5, 2, .. Enumerable.Repeat(1, 10)], scene.Asked.Select(range => range.Days));
    }

    [Fact]
    public async Task Days_that_the_platform_no_longer_has_are_missing_and_do_not_stop_the_run()
    {
        var id = await scene.AddAsync();
        scene.Remembers = Day("2024-05-20");
        await scene.RunOnAsync(Day("2024-05-15").AddDays(120), instance);
        await scene.AssertArchivedAsync(id, Day("2024-05-20"), Day("2024-05-15").AddDays(119));
        // After the last day that the platform no longer has, the windows are long again.
        Assert.Contains(90, scene.Asked.Where(range => range.From == Day("2024-05-21")).Select(range => range.Days));
        var gaps = Assert.Single((await instance.Reader.ListGapsAsync(null, 10, None)).Gaps);
        Assert.Equal([new DayRange(Day("2024-05-15"), Day("2024-05-19"))], gaps.Missing.Select(gap => gap.Days));
        Assert.Equal($"archive.gap:{id}:{scene.Today:yyyy-MM-dd}", Assert.Single(await scene.AlertsAsync()).GetString("Key"));

        await scene.RunOnAsync(scene.Today.AddDays(1), instance);
        Assert.Single(await scene.AlertsAsync());
    }

    [Fact]
    public async Task A_day_without_a_count_is_missing_until_the_platform_has_one()
    {
        var id = await scene.AddAsync();
        scene.Say(id, Day("2024-05-18"), null);
        scene.Say(id, Day("2024-05-20"), null);
        await scene.RunOnAsync(Day("2024-05-21"), instance);
        Assert.DoesNotContain(Day("2024-05-20"), (await scene.DaysAsync(id)).Select(day => day.Day));

        scene.Say(id, Day("2024-05-20"), 7);
        await scene.RunOnAsync(Day("2024-05-22"), instance);
        Assert.Equal(7, (await scene.DayAsync(id, Day("2024-05-20"))).Count);
        var gaps = Assert.Single((await instance.Reader.ListGapsAsync(null, 10, None)).Gaps);
        Assert.Equal([new DayRange(Day("2024-05-18"), Day("2024-05-18"))], gaps.Missing.Select(gap => gap.Days));
    }

    [Fact]
    public async Task A_day_whose_value_is_not_a_count_is_one_gap_that_says_why()
    {
        var id = await scene.AddAsync();
        scene.Say(id, Day("2024-05-16"), -1);
        scene.Say(id, Day("2024-05-18"), null);
        foreach (var day in (string[])["2024-05-19", "2024-05-20", "2024-06-03"]) await scene.RunOnAsync(Day(day), instance);
        Assert.Equal(17, (await scene.DaysAsync(id)).Count);
        var gaps = Assert.Single((await instance.Reader.ListGapsAsync(null, 10, None)).Gaps);
        Assert.Equal(
            [
                new ArchiveGap(new DayRange(Day("2024-05-16"), Day("2024-05-16")), GapReason.Unreadable),
                new ArchiveGap(new DayRange(Day("2024-05-18"), Day("2024-05-18")), GapReason.LeftOut),
            ],
            gaps.Missing);
        var facts = (await scene.AlertsAsync()).Select(alert => (alert.GetString("Fact_from"), alert.GetString("Fact_reason"))).Order();
        Assert.Equal([("2024-05-16", "unreadable"), ("2024-05-18", "left-out")], facts);
    }

    [Fact]
    public async Task A_final_count_is_not_replaced_by_a_day_left_out_and_another_number_leaves_a_trace()
    {
        var id = await scene.AddAsync();
        for (var day = Day("2024-05-15"); day < Day("2024-05-20"); day = day.AddDays(1)) scene.Say(id, day, 10);
        await scene.RunOnAsync(Day("2024-05-30"), instance);
        var first = await scene.DayAsync(id, Day("2024-05-16"));

        scene.Say(id, Day("2024-05-15"), null);
        scene.Say(id, Day("2024-05-16"), 20);
        scene.Say(id, Day("2024-05-17"), -1);
        await BackfillAsync();
        Assert.Equal(10, (await scene.DayAsync(id, Day("2024-05-15"))).Count);
        Assert.Equal((10, true), ((await scene.DayAsync(id, Day("2024-05-17"))).Count, (await scene.DayAsync(id, Day("2024-05-17"))).Final));
        var second = await scene.DayAsync(id, Day("2024-05-16"));
        Assert.Equal((20, $$"""[{"count":10,"read_at":"{{Rfc3339.Text(first.ArchivedAt)}}"}]"""), (second.Count, second.History));
        Assert.Null((await scene.DayAsync(id, Day("2024-05-18"))).History);

        // The history stays, and is bounded.
        await BackfillAsync();
        Assert.Equal(second.History, (await scene.DayAsync(id, Day("2024-05-16"))).History);
        for (var count = 100; count < 170; count++)
        {
            scene.Say(id, Day("2024-05-16"), count);
            await BackfillAsync();
        }
        var counts = JsonElement.Parse((await scene.DayAsync(id, Day("2024-05-16"))).History!).EnumerateArray()
            .Select(one => one.GetProperty("count").GetInt64());
        Assert.Equal([10, .. Enumerable.Range(119, 50)], counts);

        async Task BackfillAsync()
        {
            await instance.Backfills.OrderAsync(id, new DayRange(Day("2024-05-15"), Day("2024-05-18")), None);
            Assert.Empty(await instance.Backfills.RunAsync(None));
        }
    }

    [Fact]
    public async Task A_failing_application_is_recorded_raises_one_alert_a_day_and_does_not_affect_the_others()
    {
        var (good, bad) = (await scene.AddAsync(), await scene.AddAsync());
        scene.GoTo(Day("2024-05-20"));
        scene.Platform.DailyCounts = Failing(scene.Platform.DailyCounts!, bad, PlatformException.InvalidCredential("no"));
        for (var times = 0; times < 2; times++)
        {
            var result = await instance.Archive.RunAsync(None);
            Assert.Equal((ArchiveRunState.Done, 2, 1), (result.Run.State, result.Run.Applications, result.Run.Failed));
            Assert.Equal(new FailedApplication(bad.ToString(), "master-token-refused"), Assert.Single(result.Run.Failures));
            Assert.Equal(bad, Assert.Single(result.Failures).Application);
            // From the day of its creation to yesterday.
            Assert.Equal(5, result.Lag);
        }
        await scene.AssertArchivedAsync(good, Day("2024-05-15"), Day("2024-05-19"));
        Assert.Empty(await scene.DaysAsync(bad));
        var alert = Assert.Single(await scene.AlertsAsync());
        Assert.Equal(("archive.gap", bad.ToString(), "master-token-refused"), (alert.GetString("Type"), alert.GetString("Application"), alert.GetString("Fact_problem")));

        await scene.RunOnAsync(Day("2024-05-21"), instance);
        Assert.Equal(2, (await scene.AlertsAsync()).Count);
        scene.Platform.DailyCounts = (application, from, to) => DailyCountAnswer.Of([]);
        scene.GoTo(Day("2024-05-22"));
        Assert.Equal(0, (await instance.Archive.RunAsync(None)).Lag);
        Assert.Empty((await instance.Runs.ListAsync(null, 1, None)).Runs[0].Failures);
    }

    [Fact]
    public async Task Days_that_were_read_before_a_failure_are_stored()
    {
        var id = await scene.AddAsync();
        scene.GoTo(Day("2024-05-15").AddDays(100));
        var answer = scene.Platform.DailyCounts!;
        scene.Platform.DailyCounts = (application, from, to) =>
            from > Day("2024-05-15") ? throw PlatformException.Unavailable() : answer(application, from, to);
        Assert.Equal("platform-unavailable", Assert.Single((await instance.Archive.RunAsync(None)).Run.Failures).Problem);
        await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-05-15").AddDays(89));
    }

    [Fact]
    public async Task A_platform_without_an_answer_times_out_after_a_minute()
    {
        await scene.AddAsync();
        scene.GoTo(Day("2024-05-20"));
        var isAsked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Platform.Before(nameof(IPlatform.ViewDailyCountsAsync), async cancellation =>
        {
            isAsked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        });
        var run = instance.Archive.RunAsync(None);
        await isAsked.Task;
        Assert.Equal(ArchiveRunState.Running, Assert.Single((await instance.Runs.ListAsync(null, 10, None)).Runs).State);
        scene.RightClock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("timed-out", Assert.Single((await run).Run.Failures).Problem);
        // It waits, but keeps storing its progress.
        Assert.Equal(TimeSpan.FromSeconds(60), (await run).Run.Duration);
    }

    [Fact]
    public async Task A_damaged_row_fails_only_its_application()
    {
        var (good, bad) = (await scene.AddAsync(), await scene.AddAsync());
        await scene.Store.CommitAsync(Table, bad.ToString(), [RowChange.Put(new TableRow("archive", ("From", 5L)))], None);
        var run = await scene.RunOnAsync(Day("2024-05-20"), instance);
        Assert.Equal(new FailedApplication(bad.ToString(), "internal-error"), Assert.Single(run.Failures));
        await scene.AssertArchivedAsync(good, Day("2024-05-15"), Day("2024-05-19"));
    }

    [Fact]
    public async Task A_stopped_run_is_interrupted_and_the_next_continues_it()
    {
        scene.Settings = scene.Settings with { ApplicationsAtOnce = 1 };
        instance = scene.Start();
        var ids = new List<AppId>();
        for (var count = 0; count < 6; count++) ids.Add(await scene.AddAsync());
        ids = [.. ids.OrderBy(id => id.ToString(), StringComparer.Ordinal)];
        scene.GoTo(Day("2024-05-20"));
        var asked = new List<AppId>();
        using var stop = new CancellationTokenSource();
        var answer = scene.Platform.DailyCounts!;
        scene.Platform.DailyCounts = (application, from, to) =>
        {
            asked.Add(application);
            if (asked.Count == 3) stop.Cancel();
            return answer(application, from, to);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => instance.Archive.RunAsync(stop.Token));
        var cutOff = Assert.Single((await instance.Runs.ListAsync(null, 10, None)).Runs);
        Assert.Equal(ArchiveRunState.Interrupted, cutOff.State);
        Assert.Null(cutOff.EndedAt);
        Assert.Equal(ids.Take(3), asked);

        // Another process: starts with the fourth, and those that were left come last.
        asked.Clear();
        instance = scene.Start();
        Assert.Equal(ArchiveRunState.Done, (await instance.Archive.ContinueAsync(None))!.Run.State);
        Assert.Equal([ids[3], ids[4], ids[5], ids[2]], asked);
        foreach (var id in ids) await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-05-19"));
        Assert.Null(await instance.Archive.ContinueAsync(None));
    }

    [Fact]
    public async Task A_run_without_progress_for_two_minutes_counts_as_interrupted()
    {
        await scene.AddAsync();
        scene.GoTo(Day("2024-05-20"));
        var run = new RunProgress(null, scene.Clock).As(ArchiveRunState.Running);
        await instance.Runs.WriteAsync(run, None);
        scene.RightClock.Advance(TimeSpan.FromSeconds(119));
        Assert.Null(await instance.Archive.ContinueAsync(None));
        scene.RightClock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ArchiveRunState.Interrupted, Assert.Single((await instance.Runs.ListAsync(null, 10, None)).Runs).State);
        Assert.Equal(5, (await instance.Archive.ContinueAsync(None))!.Run.DaysWritten);
        Assert.Equal(
            [ArchiveRunState.Done, ArchiveRunState.Interrupted],
            (await instance.Runs.ListAsync(null, 10, None)).Runs.Select(one => one.State));
    }

    [Fact]
    public async Task Older_counts_do_not_overwrite_newer_ones()
    {
        var id = await scene.AddAsync();
        scene.GoTo(Day("2024-05-20"));
        var day = Day("2024-05-17");
        var (isRead, mayWrite) = (new TaskCompletionSource(), new TaskCompletionSource());
        scene.Store.BeforeCommit = async table =>
        {
            if (table != Table) return;
            scene.Store.BeforeCommit = null;
            isRead.SetResult();
            await mayWrite.Task;
        };
        scene.Say(id, day, 1);
        var slow = Task.Run(() => instance.Archive.RunAsync(None));
        await isRead.Task;

        scene.Say(id, day, 2);
        await scene.Start().Archive.RunAsync(None);
        mayWrite.SetResult();
        Assert.Equal(0, (await slow).Run.Failed);
        var archived = await scene.DayAsync(id, day);
        Assert.Equal((2, true), (archived.Count, archived.Final));
    }

    [Fact]
    public async Task Two_concurrent_instances_archive_every_application()
    {
        var ids = new List<AppId>();
        for (var count = 0; count < 40; count++) ids.Add(await scene.AddAsync());
        scene.GoTo(Day("2024-05-20"));
        var runs = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => Task.Run(() => scene.Start().Archive.RunAsync(None))));
        Assert.All(runs, run => Assert.Equal((40, 0), (run.Run.Applications, run.Run.Failed)));
        Assert.Equal(40 * 5, runs.Sum(run => run.Run.DaysWritten));
        foreach (var id in ids) await scene.AssertArchivedAsync(id, Day("2024-05-15"), Day("2024-05-19"));
    }

    private static Func<AppId, DateOnly, DateOnly, DailyCountAnswer> Failing(
        Func<AppId, DateOnly, DateOnly, DailyCountAnswer> answer, AppId bad, Exception e) =>
        (application, from, to) => application == bad ? throw e : answer(application, from, to);
}
