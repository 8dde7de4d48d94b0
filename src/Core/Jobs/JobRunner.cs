using System.Diagnostics;
using Gatehouse.Telemetry;

namespace Gatehouse.Jobs;

/// <summary>Runs the jobs that are due, side by side. A process never runs the same job twice at once.</summary>
/// <remarks>
/// <para>A function that has not ended is not started again. So while a job runs, the runner itself starts other jobs that become
/// due. Where a run of the function has a limit, the runner starts jobs in its first half only, so that each has the other half, and
/// stops what still runs just before the limit: the host would end the whole process.</para>
/// <para>A job that runs every minute has nothing to make up for. When the others last ran is remembered in the store.</para>
/// </remarks>
/// <param name="jobs">The jobs.</param>
/// <param name="schedules">The schedules, by the name of the setting.</param>
/// <param name="memory">When the jobs last ran.</param>
/// <param name="runs">Where their last runs are kept.</param>
/// <param name="limit">How long a run of the function may take (host.json, <c>functionTimeout</c>);
/// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Is told of a run that failed.</param>
/// <param name="notRemembered">Is told that the memory cannot be read or written, or a run cannot be kept.</param>
public sealed class JobRunner(
    IEnumerable<IJob> jobs, IReadOnlyDictionary<string, Schedule> schedules, JobMemory memory, JobRuns runs, TimeSpan limit,
    TimeProvider time, Action<string, Exception> failed, Action<Exception> notRemembered)
{
    // The time that a job has to stop, before the host's limit.
    private static readonly TimeSpan StopTime = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // The host's timers can fire a little early.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(1);

    // The clocks of two machines differ by less. A later time was written under a wrong clock.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly IReadOnlyList<JobState> states = [.. jobs.Select(job => new JobState(job, schedules[job.Schedule]))];
    private TaskCompletionSource request = NewRequest();

    /// <summary>The names of the jobs.</summary>
    public IEnumerable<string> Names => states.Select(state => state.Job.Name);

    /// <summary>Requests a run of a job. It starts as soon as the job's function runs and the job's current run has ended. Requests during
    /// a run cause one more run.</summary>
    /// <returns>Which function runs the job; null if there is no job of this name.</returns>
    public JobKind? Request(string name)
    {
        var state = states.FirstOrDefault(one => one.Job.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (state is null) return null;
        lock (gate)
        {
            state.IsRequested = true;
            request.TrySetResult();
            request = NewRequest();
        }
        return state.Job.Kind;
    }

    /// <summary>Runs the jobs of a kind that are due or requested, and those that become so meanwhile. A job that fails does not stop the
    /// others.</summary>
    public async Task RunAsync(JobKind kind, CancellationToken stopping)
    {
        using var ending = IsLimited ? new CancellationTokenSource(limit - StopTime, time) : new CancellationTokenSource();
        var run = new Run(kind, ending.Token, stopping);
        var began = time.GetTimestamp();
        while (true)
        {
            var requested = NextRequest();
            if (!IsLimited || time.GetElapsedTime(began) < limit / 2) await StartAsync(run);
            if (run.Running.Count == 0) break;
            if (run.Running.RemoveAll(task => task.IsCompleted) == 0) await ChangeAsync(run, requested);
        }
        await run.AllKeptAsync();
    }

    private bool IsLimited => limit != Timeout.InfiniteTimeSpan;

    // Waits until a job ends or is requested, and for a minute at the most, which can make another one due. A stop ends every job.
    private async Task ChangeAsync(Run run, Task requested)
    {
        if (run.Stopping.IsCancellationRequested)
        {
            await Task.WhenAll(run.Running);
            return;
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(run.Stopping);
        await Task.WhenAny([.. run.Running, requested, Task.Delay(Minute, time, ended.Token)]);
        await ended.CancelAsync();
    }

    private async Task StartAsync(Run run)
    {
        if (run.Stopping.IsCancellationRequested) return;
        var now = time.GetUtcNow();
        var remembered = await RememberedAsync(run, now);
        List<Start> starting = [];
        lock (gate)
        {
            foreach (var state in states.Where(state => state.Job.Kind == run.Kind && !state.IsRunning))
            {
                var due = DueAt(state, now, remembered);
                if (due is null && !state.IsRequested) continue;
                starting.Add(new Start(state, due is null ? null : state.Began, IsDue: due is not null));
                if (due is not null) state.Began = due > now ? due : now;
                state.IsRequested = false;
                state.IsRunning = true;
            }
        }
        run.Running.AddRange(starting.Select(start => RunOnceAsync(start, run)));
    }

    // Null for a job that is not due.
    private static DateTimeOffset? DueAt(JobState state, DateTimeOffset now, IReadOnlyDictionary<string, DateTimeOffset>? remembered)
    {
        // If the clock was set back, an earlier start here is of no use.
        var last = state.Began <= now + Minute ? state.Began : null;
        if (state.IsRemembered)
        {
            // If the store does not answer, it is not known what is due.
            if (remembered is null) return null;
            // A start here is later than what is remembered, if that could not be written, or is not read again yet.
            if (last is null || remembered[state.Job.Name] > last) last = remembered[state.Job.Name];
        }
        if (last is null) return now;
        var due = state.Schedule.After(last.Value);
        return due <= now + Early ? due : null;
    }

    // A job that is seen for the first time, or whose time was written under a wrong clock, is remembered as of now. Null if the store
    // does not answer. Within a minute it is not asked again.
    private async Task<IReadOnlyDictionary<string, DateTimeOffset>?> RememberedAsync(Run run, DateTimeOffset now)
    {
        if (run.Remembered is not null && now - run.ReadAt is var age && age >= TimeSpan.Zero && age < Minute) return run.Remembered;
        var ours = states.Where(state => state.Job.Kind == run.Kind && state.IsRemembered).Select(state => state.Job.Name).ToList();
        if (ours.Count == 0) return null;
        try
        {
            var times = new Dictionary<string, DateTimeOffset>(await memory.ReadAsync(run.Stopping));
            foreach (var job in ours)
            {
                if (times.TryGetValue(job, out var ran) && ran <= now + ClockTolerance) continue;
                times[job] = now;
                await memory.RememberAsync(job, now, run.Stopping);
            }
            (run.Remembered, run.ReadAt) = (times, now);
            return times;
        }
        catch (OperationCanceledException) when (run.Stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            notRemembered(e);
            return null;
        }
    }

    // It never fails.
    private async Task RunOnceAsync(Start start, Run run)
    {
        var state = start.State;
        try
        {
            await ObserveAsync(state.Job, run);
            if (!start.IsDue) return;
            // A run that was cut off by the stop is made up for. One that reached the limit is not: it would reach it again.
            if (run.Stopping.IsCancellationRequested) lock (gate) state.Began = start.Before;
            else if (state.IsRemembered) await memory.RememberAsync(state.Job.Name, state.Began!.Value, CancellationToken.None);
        }
        catch (Exception e)
        {
            notRemembered(e);
        }
        finally
        {
            lock (gate) state.IsRunning = false;
        }
    }

    // Records a span and a measure, and keeps the run. A run that was stopped has not failed, because the next run continues.
    private async Task ObserveAsync(IJob job, Run run)
    {
        var beganAt = time.GetUtcNow();
        // The job does not wait for it, and neither does its next run.
        var begun = KeepAsync(job, new JobRun(beganAt, TimeSpan.Zero, JobOutcome.Running, new JobResult()), Task.CompletedTask);
        using var span = Spans.Start(job.Name, ActivityKind.Internal);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(run.Stopping, run.Ending);
        var began = Stopwatch.GetTimestamp();
        var outcome = JobOutcome.Done;
        var result = new JobResult();
        try
        {
            result = await job.RunAsync(ended.Token);
        }
        catch (OperationCanceledException) when (run.Stopping.IsCancellationRequested)
        {
            outcome = JobOutcome.Stopped;
        }
        catch (Exception e)
        {
            outcome = JobOutcome.Failed;
            if (run.Ending.IsCancellationRequested)
                e = new TimeoutException($"It was stopped before the limit of {limit} for a run (host.json, functionTimeout).", e);
            span.Fail(e);
            failed(job.Name, e);
        }
        Measures.RecordCall(began, job.Name, JobOutcomeNames.NameOf(outcome));
        run.Keep(KeepAsync(job, new JobRun(beganAt, Stopwatch.GetElapsedTime(began), outcome, result), begun));
    }

    private async Task KeepAsync(IJob job, JobRun kept, Task before)
    {
        await before;
        try
        {
            await runs.AddAsync(job.Name, kept, CancellationToken.None);
        }
        catch (Exception e)
        {
            notRemembered(e);
        }
    }

    private Task NextRequest()
    {
        lock (gate) return request.Task;
    }

    private static TaskCompletionSource NewRequest() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A run of the function.
    private sealed class Run(JobKind kind, CancellationToken ending, CancellationToken stopping)
    {
        private readonly List<Task> keeping = [];

        public JobKind Kind => kind;

        /// <summary>Ends the jobs before the host's limit.</summary>
        public CancellationToken Ending => ending;

        /// <summary>Ends them because the process stops.</summary>
        public CancellationToken Stopping => stopping;

        public List<Task> Running { get; } = [];

        /// <summary>Lets the run of the function last until a job's run is kept.</summary>
        public void Keep(Task task)
        {
            lock (keeping)
            {
                keeping.RemoveAll(one => one.IsCompleted);
                keeping.Add(task);
            }
        }

        public Task AllKeptAsync()
        {
            lock (keeping) return Task.WhenAll(keeping);
        }

        /// <summary>When the jobs last ran, as it was read at <see cref="ReadAt"/>.</summary>
        public IReadOnlyDictionary<string, DateTimeOffset>? Remembered { get; set; }

        public DateTimeOffset ReadAt { get; set; }
    }

    // A run of a job. Before: when its run before this one began here.
    private readonly record struct Start(JobState State, DateTimeOffset? Before, bool IsDue);

    // What this process knows of a job. Guarded by the runner's lock.
    private sealed class JobState(IJob job, Schedule schedule)
    {
        public IJob Job => job;

        public Schedule Schedule => schedule;

        public bool IsRunning { get; set; }

        public bool IsRequested { get; set; }

        /// <summary>When its last run on the schedule began here.</summary>
        public DateTimeOffset? Began { get; set; }

        /// <summary>Whether it runs less often than every minute, so that a missed run is made up for.</summary>
        public bool IsRemembered => !schedule.IsEveryMinute;
    }
}
