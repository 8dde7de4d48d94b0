using Gatehouse.Jobs;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Jobs;

/// <summary>Which jobs a run of a timer function runs, on a test clock that starts at 12:00:00 UTC.</summary>
public sealed class JobRunnerTests : IAsyncDisposable
{
    private readonly TestClock clock = new(At("12:00:00"));
    private readonly TemporaryFolder folder = new();
    private readonly SqliteTableStore store;
    private readonly TestJob minutely = new("MinuteSchedule");
    private readonly TestJob hourly = new("HourSchedule");
    private readonly List<(string Job, Exception Fault)> failures = [];
    private readonly List<Exception> unreadable = [];

    public JobRunnerTests() => store = SqliteTableStore.Open(Path.Combine(folder.Path, "store.db"));

    [Fact]
    public async Task A_minutely_job_runs_once_a_minute_also_if_the_timer_fires_a_little_early()
    {
        var runner = Runner();
        foreach (var (time, runs) in new[]
        {
            ("12:00:00", 1), ("12:00:20", 1), ("12:01:00", 2), ("12:01:59.5", 3), ("12:02:00.4", 3), ("12:03:00", 4),
        })
        {
            clock.Set(At(time));
            await runner.RunAsync(JobKind.Background, default);
            Assert.Equal(runs, minutely.Runs);
        }
    }

    [Theory]
    [InlineData("12:09:30", 0)]
    [InlineData("12:10:30", 1)]
    [InlineData("18:00:00", 1)]
    public async Task A_job_that_came_due_while_nothing_was_running_runs_once(string started, int runs)
    {
        // It is seen for the first time, and remembered as of now.
        await Runner().RunAsync(JobKind.Background, default);
        Assert.Equal(0, hourly.Runs);

        clock.Set(At(started));
        for (var starts = 0; starts < 3; starts++) await Runner().RunAsync(JobKind.Background, default);
        Assert.Equal(runs, hourly.Runs);
    }

    [Fact]
    public async Task A_job_that_was_stopped_runs_again_after_the_start()
    {
        await Runner().RunAsync(JobKind.Background, default);
        clock.Set(At("12:10:30"));
        using var stop = new CancellationTokenSource();
        hourly.Body = cancellation =>
        {
            stop.Cancel();
            return Task.FromCanceled(cancellation);
        };
        await Runner().RunAsync(JobKind.Background, stop.Token);
        Assert.Equal([JobOutcome.Stopped], await KeptAsync("HourJob"));
        hourly.Body = _ => Task.CompletedTask;
        await Runner().RunAsync(JobKind.Background, default);
        Assert.Equal(2, hourly.Runs);
    }

    [Fact]
    public async Task A_failed_job_stops_no_other_and_runs_again_at_its_next_time()
    {
        await Runner().RunAsync(JobKind.Background, default);
        clock.Set(At("12:10:30"));
        hourly.Body = _ => throw new InvalidOperationException("thrown on purpose");
        var runner = Runner();
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal((2, 1), (minutely.Runs, hourly.Runs));
        Assert.Equal(("HourJob", "thrown on purpose"), (Assert.Single(failures).Job, failures[0].Fault.Message));
        Assert.Equal([JobOutcome.Failed], await KeptAsync("HourJob"));
        clock.Set(At("12:11:30"));
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal((3, 1), (minutely.Runs, hourly.Runs));
        clock.Set(At("13:10:30"));
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal(2, hourly.Runs);
    }

    [Fact]
    public async Task While_a_job_runs_the_others_run_at_their_times()
    {
        await Runner().RunAsync(JobKind.Background, default);
        clock.Set(At("12:10:30"));
        var gate = new TaskCompletionSource();
        hourly.Body = _ => gate.Task;
        var set = clock.TimersSet;
        var run = Runner().RunAsync(JobKind.Background, default);
        for (var minute = 11; minute < 14; minute++)
        {
            var before = minutely.Runs;
            // The runner waits for the next minute. Before that, it would miss that the clock moves.
            await Waiting.UntilAsync(() => clock.TimersSet > set);
            set = clock.TimersSet;
            clock.Set(At($"12:{minute}:31"));
            await Waiting.UntilAsync(() => minutely.Runs == before + 1);
        }
        Assert.False(run.IsCompleted);
        gate.SetResult();
        await run;
        Assert.Equal(1, hourly.Runs);
    }

    [Fact]
    public async Task A_job_that_hangs_never_stops_the_others_where_a_run_has_no_limit()
    {
        var runner = Runner();
        await runner.RunAsync(JobKind.Background, default);
        clock.Set(At("12:10:30"));
        var gate = new TaskCompletionSource();
        hourly.Body = _ => gate.Task;
        var set = clock.TimersSet;
        var run = runner.RunAsync(JobKind.Background, default);
        foreach (var time in new[] { "12:50:00", "13:30:00", "18:00:00" })
        {
            var before = minutely.Runs;
            await Waiting.UntilAsync(() => clock.TimersSet > set);
            set = clock.TimersSet;
            clock.Set(At(time));
            await Waiting.UntilAsync(() => minutely.Runs > before);
        }
        Assert.Equal(1, hourly.Runs);
        gate.SetResult();
        await run;
    }

    [Fact]
    public async Task Where_a_run_has_a_limit_jobs_start_in_its_first_half_and_are_stopped_before_it_ends()
    {
        var runner = Runner(limit: TimeSpan.FromHours(1));
        await runner.RunAsync(JobKind.Background, default);
        clock.Set(At("12:10:30"));
        hourly.Body = cancellation => Task.Delay(Timeout.Infinite, cancellation);
        var set = clock.TimersSet;
        var run = runner.RunAsync(JobKind.Background, default);
        for (var minutes = 1; minutes < 58; minutes++)
        {
            await Waiting.UntilAsync(() => clock.TimersSet > set);
            set = clock.TimersSet;
            clock.Set(At("12:10:30").AddMinutes(minutes));
        }
        await Waiting.UntilAsync(() => clock.TimersSet > set);
        Assert.False(run.IsCompleted);
        // At 12:00:00, and every minute from 12:10:30 to 12:39:30.
        Assert.Equal(31, minutely.Runs);

        clock.Set(At("13:08:30"));
        await run;
        Assert.Equal("HourJob", Assert.Single(failures).Job);
        Assert.IsType<TimeoutException>(failures[0].Fault);
        // It would reach the limit again.
        Assert.Equal(At("12:10:30"), (await new JobMemory(store).ReadAsync(default))["HourJob"]);
    }

    [Fact]
    public async Task A_job_that_was_stopped_runs_again_in_the_same_process()
    {
        var runner = Runner();
        await runner.RunAsync(JobKind.Background, default);
        clock.Set(At("12:10:30"));
        using var stop = new CancellationTokenSource();
        hourly.Body = cancellation =>
        {
            stop.Cancel();
            return Task.FromCanceled(cancellation);
        };
        await runner.RunAsync(JobKind.Background, stop.Token);
        hourly.Body = _ => Task.CompletedTask;
        clock.Set(At("12:11:30"));
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal(2, hourly.Runs);
    }

    [Theory]
    [InlineData("0 20,21 1 * * *")]
    [InlineData("0 0-5 2 * * *")]
    [InlineData("0 * 1 * * *")]
    [InlineData("* * 3 * * *")]
    public async Task A_job_does_not_run_at_a_start_outside_its_times(string schedule)
    {
        for (var starts = 0; starts < 3; starts++) await Runner(hours: schedule).RunAsync(JobKind.Background, default);
        Assert.Equal(0, hourly.Runs);
    }

    [Fact]
    public async Task A_memory_that_fails_leaves_no_job_behind()
    {
        var odd = new OddStore(store);
        var gate = new TaskCompletionSource();
        minutely.Body = _ => gate.Task;
        var set = clock.TimersSet;
        var run = Runner(memory: odd).RunAsync(JobKind.Background, default);
        await Waiting.UntilAsync(() => clock.TimersSet > set);
        odd.Fails = true;
        set = clock.TimersSet;
        clock.Set(At("12:01:30"));
        await Waiting.UntilAsync(() => clock.TimersSet > set);
        Assert.False(run.IsCompleted);
        gate.SetResult();
        await run;
        Assert.NotEmpty(unreadable);
        Assert.All(unreadable, fault => Assert.Equal("odd", fault.Message));
    }

    [Fact]
    public async Task A_run_that_cannot_be_kept_is_told_and_stops_nothing()
    {
        minutely.Body = _ => throw new InvalidOperationException("thrown on purpose");
        await Runner(kept: new OddStore(store) { Fails = true }).RunAsync(JobKind.Background, default);
        Assert.Equal("odd", Assert.Single(unreadable).Message);
        Assert.Single(failures);
        Assert.Equal([JobOutcome.Running], await KeptAsync("MinuteJob"));
    }

    [Fact]
    public async Task A_run_of_less_than_a_minute_reads_the_memory_once()
    {
        await Runner().RunAsync(JobKind.Background, default);
        var counted = new OddStore(store);
        await Runner(memory: counted).RunAsync(JobKind.Background, default);
        Assert.Equal((2, 1), (minutely.Runs, counted.Reads));
    }

    [Fact]
    public async Task A_requested_job_runs_and_keeps_its_next_time()
    {
        var runner = Runner();
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal(JobKind.Background, runner.Request("hourJOB"));
        Assert.Null(runner.Request("Unknown"));
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal(1, hourly.Runs);
        clock.Set(At("12:10:30"));
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal(2, hourly.Runs);
    }

    [Fact]
    public async Task Requests_during_a_run_cause_one_more_run_after_it()
    {
        var runner = Runner();
        var gate = new TaskCompletionSource();
        var together = 0;
        var most = 0;
        hourly.Body = async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref together));
            await gate.Task;
            Interlocked.Decrement(ref together);
        };
        runner.Request("HourJob");
        var run = runner.RunAsync(JobKind.Background, default);
        await Waiting.UntilAsync(() => hourly.Runs == 1);
        for (var times = 0; times < 3; times++) runner.Request("HourJob");
        gate.SetResult();
        await run;
        Assert.Equal((2, 1), (hourly.Runs, most));
    }

    [Fact]
    public async Task Two_runs_of_the_function_at_once_run_no_job_twice()
    {
        var runner = Runner();
        var gate = new TaskCompletionSource();
        hourly.Body = _ => gate.Task;
        runner.Request("HourJob");
        var run = runner.RunAsync(JobKind.Background, default);
        await Waiting.UntilAsync(() => hourly.Runs == 1);
        runner.Request("HourJob");
        // It leaves the request to the run that is going on.
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal((1, 1), (minutely.Runs, hourly.Runs));
        gate.SetResult();
        await run;
        Assert.Equal(2, hourly.Runs);
    }

    [Fact]
    public async Task After_the_clock_was_set_back_a_minutely_job_runs_on()
    {
        var wrong = new WrongClock(clock) { Error = TimeSpan.FromMinutes(3) };
        var runner = Runner(wrong);
        await runner.RunAsync(JobKind.Background, default);
        wrong.Error = TimeSpan.Zero;
        await runner.RunAsync(JobKind.Background, default);
        Assert.Equal(2, minutely.Runs);
    }

    [Fact]
    public async Task A_time_from_a_wrong_clock_is_corrected()
    {
        var memory = new JobMemory(store);
        await memory.RememberAsync("HourJob", At("12:00:00").AddDays(2), default);
        await Runner().RunAsync(JobKind.Background, default);
        Assert.Equal(At("12:00:00"), (await memory.ReadAsync(default))["HourJob"]);
        clock.Set(At("12:10:30"));
        await Runner().RunAsync(JobKind.Background, default);
        Assert.Equal(1, hourly.Runs);
    }

    [Fact]
    public async Task Urgent_jobs_do_not_run_with_background_jobs()
    {
        await Runner().RunAsync(JobKind.Urgent, default);
        Assert.Equal((0, 0), (minutely.Runs, hourly.Runs));
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }

    private JobRunner Runner(
        TimeProvider? time = null, TimeSpan? limit = null, string hours = "0 10 * * * *", ITableStore? memory = null,
        ITableStore? kept = null) => new(
        [new MinuteJob(minutely), new HourJob(hourly)],
        new Dictionary<string, Schedule>
        {
            ["MinuteSchedule"] = Schedule.Parse("0 * * * * *"),
            ["HourSchedule"] = Schedule.Parse(hours),
        },
        new JobMemory(memory ?? store), new JobRuns(kept ?? store), limit ?? Timeout.InfiniteTimeSpan, time ?? clock, (job, fault) => failures.Add((job, fault)),
        unreadable.Add);

    // Also the last run, if it is not among the notable ones.
    private async Task<IEnumerable<JobOutcome>> KeptAsync(string job)
    {
        var history = Assert.Single(await new JobRuns(store).ReadAsync([job], default));
        return history.Notable.Append(history.Last!).DistinctBy(run => run.BeganAt).Select(run => run.Outcome);
    }

    private static DateTimeOffset At(string time) =>
        new DateTimeOffset(2024, 5, 15, 0, 0, 0, TimeSpan.Zero) + TimeSpan.Parse(time, null);

    private sealed class OddStore(ITableStore store) : InterposedStore(store)
    {
        private int reads;

        public int Reads => reads;

        public bool Fails { get; set; }

        public override ValueTask<IReadOnlyList<TableRow>> ReadAsync(
            string table, string partition, RowRange range, int most, CancellationToken cancellation)
        {
            Interlocked.Increment(ref reads);
            return Fails ? throw new InvalidOperationException("odd") : base.ReadAsync(table, partition, range, most, cancellation);
        }
    }

    private sealed class TestJob(string schedule)
    {
        private int runs;

        public string Schedule => schedule;

        public int Runs => runs;

        public Func<CancellationToken, Task> Body { get; set; } = _ => Task.CompletedTask;

        public async Task<JobResult> RunAsync(CancellationToken cancellation)
        {
            Interlocked.Increment(ref runs);
            await Body(cancellation);
            return new JobResult();
        }
    }

    private sealed class MinuteJob(TestJob job) : IJob
    {
        public JobKind Kind => JobKind.Background;

        public string Schedule => job.Schedule;

        public Task<JobResult> RunAsync(CancellationToken cancellation) => job.RunAsync(cancellation);
    }

    private sealed class HourJob(TestJob job) : IJob
    {
        public JobKind Kind => JobKind.Background;

        public string Schedule => job.Schedule;

        public Task<JobResult> RunAsync(CancellationToken cancellation) => job.RunAsync(cancellation);
    }
}
