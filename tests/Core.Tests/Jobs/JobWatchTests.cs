using Gatehouse.Jobs;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Jobs;

/// <summary>What is kept of the runs of jobs, and when a job is overdue, on a test clock that starts at 12:00:00 UTC.</summary>
public sealed class JobWatchTests : IAsyncDisposable
{
    private const string Minutely = "MinuteJob";
    private const string Hourly = "HourJob";

    private readonly TestClock clock = new(At("12:00:00"));
    private readonly TemporaryFolder folder = new();
    private readonly SqliteTableStore store;
    private readonly JobRuns runs;

    public JobWatchTests()
    {
        store = SqliteTableStore.Open(Path.Combine(folder.Path, "store.db"));
        runs = new JobRuns(store);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task The_last_run_is_kept_and_the_last_twenty_that_did_something_or_did_not_end_well()
    {
        for (var minute = 0; minute < 100; minute++)
        {
            var outcome = (minute % 10) switch { 3 => JobOutcome.Failed, 5 => JobOutcome.Stopped, _ => JobOutcome.Done };
            await AddAsync(Minutely, minute, JobOutcome.Running);
            await AddAsync(Minutely, minute, outcome, minute % 10 == 7 ? [("rotated", minute), ("failed", 0)] : []);
        }
        var history = Assert.Single(await runs.ReadAsync([Minutely], default));
        Assert.Equal((At("13:39:00"), JobOutcome.Done), (history.Last!.BeganAt, history.Last.Outcome));
        Assert.Equal(JobRuns.Kept, history.Notable.Count);
        Assert.Equal([At("13:37:00"), At("13:35:00"), At("13:33:00"), At("13:27:00")], history.Notable.Take(4).Select(run => run.BeganAt));
        Assert.Equal(("rotated", 97L), Assert.Single(history.Notable[0].Result.Counts));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), history.Notable[0].Duration);
        Assert.Equal(1 + JobRuns.Kept, (await store.ReadAsync("Timers", $"runs:{Minutely}", RowRange.All, 100, default)).Count);
    }

    [Fact]
    public async Task A_damaged_run_is_left_out()
    {
        await AddAsync(Minutely, 1, JobOutcome.Failed);
        await AddAsync(Minutely, 2, JobOutcome.Failed);
        foreach (var row in await store.ReadAsync("Timers", $"runs:{Minutely}", RowRange.All, 2, default))
            await store.CommitAsync("Timers", $"runs:{Minutely}", [RowChange.Put(new TableRow(row.Key, ("Outcome", "Unheard")))], default);
        var history = Assert.Single(await runs.ReadAsync([Minutely], default));
        Assert.Null(history.Last);
        Assert.Equal(At("12:01:00"), Assert.Single(history.Notable).BeganAt);
    }

    [Fact]
    public async Task A_job_is_overdue_five_minutes_after_it_should_have_begun()
    {
        var watch = Watch();
        Assert.Equal(("12:01:00", false), await SeeAsync(watch, Minutely));
        Assert.Equal(("12:10:00", false), await SeeAsync(watch, Hourly));
        clock.Set(At("12:06:00"));
        Assert.Equal(("12:01:00", false), await SeeAsync(watch, Minutely));
        clock.Set(At("12:06:01"));
        Assert.Equal(("12:01:00", true), await SeeAsync(watch, Minutely));

        await AddAsync(Minutely, 6, JobOutcome.Done);
        Assert.Equal(("12:07:00", false), await SeeAsync(watch, Minutely));
        // Another process tells the same.
        clock.Set(At("12:20:00"));
        Assert.Equal(("12:07:00", true), await SeeAsync(Watch(), Minutely));
        Assert.Equal(("12:10:00", true), await SeeAsync(watch, Hourly));
    }

    [Fact]
    public async Task A_job_that_is_running_is_not_overdue_for_an_hour()
    {
        await AddAsync(Minutely, 0, JobOutcome.Running);
        clock.Set(At("13:01:00"));
        Assert.Equal(("12:01:00", false), await SeeAsync(Watch(), Minutely));
        clock.Set(At("13:01:01"));
        Assert.Equal(("12:01:00", true), await SeeAsync(Watch(), Minutely));

        // It has ended now.
        await runs.AddAsync(Minutely, new JobRun(At("12:00:00"), TimeSpan.FromSeconds(3661), JobOutcome.Done, new JobResult()), default);
        Assert.Equal(("12:01:00", false), await SeeAsync(Watch(), Minutely));
    }

    [Fact]
    public async Task A_run_that_was_kept_under_a_wrong_clock_hides_nothing()
    {
        await AddAsync(Minutely, 60 * 24, JobOutcome.Done);
        var watch = Watch();
        clock.Set(At("12:07:00"));
        Assert.Equal(("12:01:00", true), await SeeAsync(watch, Minutely));
    }

    private ValueTask AddAsync(string job, int minute, JobOutcome outcome, params (string, long)[] counts) => runs.AddAsync(
        job, new JobRun(At("12:00:00").AddMinutes(minute), TimeSpan.FromMilliseconds(1500), outcome, new JobResult(counts)), default);

    private JobWatch Watch() => new(
        [new MinuteJob(), new HourJob()],
        new Dictionary<string, Schedule>
        {
            ["MinuteSchedule"] = Schedule.Parse("0 * * * * *"),
            ["HourSchedule"] = Schedule.Parse("0 10 * * * *"),
        },
        runs, clock);

    private static async Task<(string NextAt, bool IsOverdue)> SeeAsync(JobWatch watch, string job)
    {
        var seen = Assert.Single(await watch.ReadAsync(default), one => one.Name == job);
        return ($"{seen.NextAt:HH:mm:ss}", seen.IsOverdue);
    }

    private static DateTimeOffset At(string time) =>
        new DateTimeOffset(2024, 5, 15, 0, 0, 0, TimeSpan.Zero) + TimeSpan.Parse(time, null);

    private sealed class MinuteJob : IJob
    {
        public JobKind Kind => JobKind.Background;

        public string Schedule => "MinuteSchedule";

        public Task<JobResult> RunAsync(CancellationToken cancellation) => Task.FromResult(new JobResult());
    }

    private sealed class HourJob : IJob
    {
        public JobKind Kind => JobKind.Background;

        public string Schedule => "HourSchedule";

        public Task<JobResult> RunAsync(CancellationToken cancellation) => Task.FromResult(new JobResult());
    }
}
