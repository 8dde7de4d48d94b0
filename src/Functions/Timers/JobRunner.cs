using System.Collections.Concurrent;
using Gatehouse.Common;
using Gatehouse.Functions.Observability;
using Gatehouse.Storage;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Timers;

/// <summary>Runs the jobs that are due, side by side, and never two runs of the same job in this process at once.</summary>
/// <remarks>
/// While a job runs, the function that runs it does not end and so is not started again. So the runner itself looks every minute for
/// other jobs that have become due, for <see cref="JoinTime"/>. A job that starts then still has the rest of the host's time limit for
/// a run (host.json, <c>functionTimeout</c>).
/// </remarks>
public sealed partial class JobRunner(
    IEnumerable<IJob> jobs, JobSchedules schedules, JobMemory memory, TimeProvider time, ILogger<JobRunner> log)
{
    /// <summary>How long after its start a run of the function still starts jobs: half of the host's time limit.</summary>
    public static readonly TimeSpan JoinTime = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // The host's timers can fire a little early.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(1);

    // Two clocks agree to this. A later time was written under a wrong clock.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<IJob> jobs = [.. jobs];
    private readonly ConcurrentDictionary<string, bool> requested = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, DateTimeOffset> begun = new();
    private TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Requests a run of a job, as soon as the function runs. Requests during a run cause one more run after it.</summary>
    /// <returns>The name of the function that runs the job; null if there is no such job.</returns>
    public string? Request(string job)
    {
        if (jobs.FirstOrDefault(one => one.Name.Equals(job, StringComparison.OrdinalIgnoreCase)) is not { } found) return null;
        requested[found.Name] = true;
        Interlocked.Exchange(ref wake, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return found.Kind == JobKind.Urgent ? UrgentJobs.Name : BackgroundJobs.Name;
    }

    /// <summary>Runs the jobs of a kind that are due or requested, and those that become due meanwhile. A failed job does not stop
    /// the others.</summary>
    public async Task RunAsync(JobKind kind, CancellationToken stopping)
    {
        var began = time.GetUtcNow();
        var running = new Dictionary<string, Task>();
        do
        {
            var woken = wake.Task;
            if (time.GetUtcNow() - began < JoinTime && !stopping.IsCancellationRequested)
            {
                foreach (var (job, due) in await DueAsync(kind, running, stopping))
                    running[job.Name] = RunOnceAsync(job, due, stopping);
            }
            if (running.Count == 0) return;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await Task.WhenAny([.. running.Values, woken, Task.Delay(Minute, time, waiting.Token)]);
            await waiting.CancelAsync();
            if (stopping.IsCancellationRequested) await Task.WhenAll(running.Values);
            foreach (var ended in running.Where(one => one.Value.IsCompleted).ToList()) running.Remove(ended.Key);
        }
        while (running.Count > 0 || requested.Keys.Any(name => jobs.Any(job => job.Kind == kind && job.Name == name)));
    }

    // Each with the time at which it was due; null for one that was requested.
    private async Task<List<(IJob Job, DateTimeOffset? Due)>> DueAsync(
        JobKind kind, Dictionary<string, Task> running, CancellationToken stopping)
    {
        var found = new List<(IJob, DateTimeOffset?)>();
        var now = time.GetUtcNow();
        var remembered = await RememberedAsync(kind, now, stopping);
        foreach (var job in jobs)
        {
            if (job.Kind != kind || running.ContainsKey(job.Name)) continue;
            if (DueAt(job, now, remembered) is { } due)
            {
                requested.TryRemove(job.Name, out _);
                begun[job.Name] = due > now ? due : now;
                found.Add((job, begun[job.Name]));
            }
            else if (requested.TryRemove(job.Name, out _))
            {
                found.Add((job, null));
            }
        }
        return found;
    }

    private DateTimeOffset? DueAt(IJob job, DateTimeOffset now, IReadOnlyDictionary<string, DateTimeOffset>? remembered)
    {
        var schedule = schedules.Times[job.Schedule];
        DateTimeOffset? last = begun.TryGetValue(job.Name, out var began) && began <= now + ClockTolerance ? began : null;
        if (IsRemembered(schedule, now))
        {
            if (remembered is null) return null;
            // Later than what is remembered where that could not be written.
            if (last is null || remembered[job.Name] > last) last = remembered[job.Name];
        }
        else if (last is null)
        {
            // What runs every minute has nothing to wait for.
            return now;
        }
        var due = schedule.After(last.Value);
        return due <= now + Early ? due : null;
    }

    // When each job last ran. A job that is seen for the first time, or whose time is of a wrong clock, is remembered as of now. Null
    // where the store does not answer: then it is not known what is due.
    private async Task<IReadOnlyDictionary<string, DateTimeOffset>?> RememberedAsync(JobKind kind, DateTimeOffset now, CancellationToken stopping)
    {
        var ours = jobs.Where(job => job.Kind == kind && IsRemembered(schedules.Times[job.Schedule], now)).ToList();
        if (ours.Count == 0) return new Dictionary<string, DateTimeOffset>();
        try
        {
            var times = new Dictionary<string, DateTimeOffset>(await memory.ReadAsync(stopping));
            foreach (var job in ours)
            {
                if (times.TryGetValue(job.Name, out var ran) && ran <= now + ClockTolerance) continue;
                await memory.RememberAsync(job.Name, times[job.Name] = now, stopping);
            }
            return times;
        }
        catch (StoreUnavailableException e)
        {
            LogNotRemembered(e);
            return null;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task RunOnceAsync(IJob job, DateTimeOffset? due, CancellationToken stopping)
    {
        try
        {
            await FunctionSpans.ObserveAsync(job.Name, () => job.RunAsync(stopping), stopping);
        }
        catch (Exception fault)
        {
            LogFailed(job.Name, fault);
        }
        // A run that was cut off by the stop is made up for.
        if (due is not { } at || stopping.IsCancellationRequested || !IsRemembered(schedules.Times[job.Schedule], at)) return;
        try
        {
            await memory.RememberAsync(job.Name, at, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            LogNotRemembered(e);
        }
    }

    private static bool IsRemembered(Schedule schedule, DateTimeOffset now) =>
        schedule.After(now) is var next && schedule.After(next) - next > Minute;

    [LoggerMessage(366, LogLevel.Error, "{Job} failed; it runs again at its next time.")]
    private partial void LogFailed(string job, Exception fault);

    [LoggerMessage(367, LogLevel.Warning, "When jobs last ran cannot be read or written.")]
    private partial void LogNotRemembered(Exception fault);
}
