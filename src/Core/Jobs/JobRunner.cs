using System.Diagnostics;
using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Jobs;

/// <summary>Runs the jobs that are due, side by side. A process never runs the same job twice at once.</summary>
/// <remarks>
/// <para>A function that has not ended is not started again. So while a job runs, the runner itself starts other jobs that become due,
/// for <see cref="JoinTime"/>. Each job then has at least that time before the host's limit for a run (host.json,
/// <c>functionTimeout</c>).</para>
/// <para>A job that runs every minute has nothing to make up for. When the others last ran is remembered in the store.</para>
/// </remarks>
/// <param name="jobs">The jobs.</param>
/// <param name="schedules">The schedules, by the name of the setting.</param>
/// <param name="memory">When the jobs last ran.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Is told of a run that failed.</param>
/// <param name="notRemembered">Is told that the memory cannot be read or written.</param>
public sealed class JobRunner(
    IEnumerable<IJob> jobs, IReadOnlyDictionary<string, Schedule> schedules, JobMemory memory, TimeProvider time,
    Action<string, Exception> failed, Action<StoreUnavailableException> notRemembered)
{
    /// <summary>How long a run of the function starts jobs: half of the host's limit.</summary>
    public static readonly TimeSpan JoinTime = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // The host's timers can fire a little early.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(1);

    // The clocks of two machines differ by less. A later time was written under a wrong clock.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly IReadOnlyList<JobState> states = [.. jobs.Select(job => new JobState(job, schedules[job.Schedule]))];
    private TaskCompletionSource request = NewRequest();

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
        var began = time.GetTimestamp();
        var running = new List<Task>();
        while (true)
        {
            var requested = NextRequest();
            if (time.GetElapsedTime(began) < JoinTime) running.AddRange(await StartAsync(kind, stopping));
            if (running.Count == 0) return;
            if (running.RemoveAll(run => run.IsCompleted) == 0) await ChangeAsync(running, requested, stopping);
        }
    }

    // Waits until a job ends or is requested, and for a minute at the most, which can make another one due. A stop ends every job.
    private async Task ChangeAsync(List<Task> running, Task requested, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested)
        {
            await Task.WhenAll(running);
            return;
        }
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny([.. running, requested, Task.Delay(Minute, time, ended.Token)]);
        await ended.CancelAsync();
    }

    private async Task<IReadOnlyList<Task>> StartAsync(JobKind kind, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested) return [];
        var now = time.GetUtcNow();
        var remembered = await RememberedAsync(kind, now, stopping);
        List<(JobState State, DateTimeOffset? Due)> starting = [];
        lock (gate)
        {
            foreach (var state in states.Where(state => state.Job.Kind == kind && !state.IsRunning))
            {
                var due = DueAt(state, now, remembered);
                if (due is null && !state.IsRequested) continue;
                if (due is not null) state.Began = due > now ? due : now;
                state.IsRequested = false;
                state.IsRunning = true;
                starting.Add((state, due is null ? null : state.Began));
            }
        }
        return [.. starting.Select(one => RunOnceAsync(one.State, one.Due, stopping))];
    }

    // Null for a job that is not due.
    private static DateTimeOffset? DueAt(JobState state, DateTimeOffset now, IReadOnlyDictionary<string, DateTimeOffset>? remembered)
    {
        // If the clock was set back, an earlier start here is of no use.
        var last = state.Began <= now + Minute ? state.Began : null;
        if (state.IsRemembered(now))
        {
            // If the store does not answer, it is not known what is due.
            if (remembered is null) return null;
            // A start here is later than what is remembered, if that could not be written.
            if (last is null || remembered[state.Job.Name] > last) last = remembered[state.Job.Name];
        }
        if (last is null) return now;
        var due = state.Schedule.After(last.Value);
        return due <= now + Early ? due : null;
    }

    // A job that is seen for the first time, or whose time was written under a wrong clock, is remembered as of now. Null if the store
    // does not answer.
    private async Task<IReadOnlyDictionary<string, DateTimeOffset>?> RememberedAsync(
        JobKind kind, DateTimeOffset now, CancellationToken stopping)
    {
        var ours = states.Where(state => state.Job.Kind == kind && state.IsRemembered(now)).Select(state => state.Job.Name).ToList();
        if (ours.Count == 0) return null;
        try
        {
            var times = new Dictionary<string, DateTimeOffset>(await memory.ReadAsync(stopping));
            foreach (var job in ours)
            {
                if (times.TryGetValue(job, out var ran) && ran <= now + ClockTolerance) continue;
                times[job] = now;
                await memory.RememberAsync(job, now, stopping);
            }
            return times;
        }
        catch (StoreUnavailableException e)
        {
            notRemembered(e);
            return null;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task RunOnceAsync(JobState state, DateTimeOffset? due, CancellationToken stopping)
    {
        try
        {
            await ObserveAsync(state.Job, stopping);
            // A run that was cut off by the stop is made up for.
            if (due is { } at && !stopping.IsCancellationRequested && state.IsRemembered(at))
                await memory.RememberAsync(state.Job.Name, at, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            notRemembered(e);
        }
        finally
        {
            lock (gate) state.IsRunning = false;
        }
    }

    // Records a span and a measure. A run that was stopped has not failed, because the next run continues.
    private async Task ObserveAsync(IJob job, CancellationToken stopping)
    {
        using var span = Spans.Start(job.Name, ActivityKind.Internal);
        var began = Stopwatch.GetTimestamp();
        var outcome = "done";
        try
        {
            await job.RunAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            outcome = "stopped";
        }
        catch (Exception e)
        {
            outcome = "failed";
            span.Fail(e);
            failed(job.Name, e);
        }
        Measures.RecordCall(began, job.Name, outcome);
    }

    private Task NextRequest()
    {
        lock (gate) return request.Task;
    }

    private static TaskCompletionSource NewRequest() => new(TaskCreationOptions.RunContinuationsAsynchronously);

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
        public bool IsRemembered(DateTimeOffset now) =>
            schedule.After(now) is var next && schedule.After(next) - next > Minute;
    }
}
