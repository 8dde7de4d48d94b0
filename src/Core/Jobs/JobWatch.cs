namespace Gatehouse.Jobs;

/// <summary>A job as an operator sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schedule">Its schedule, in UTC.</param>
/// <param name="NextAt">When it is due next: in the past where it is due.</param>
/// <param name="IsOverdue">Whether it should have run long ago.</param>
/// <param name="History">Its last runs.</param>
public sealed record WatchedJob(string Name, string Schedule, DateTimeOffset NextAt, bool IsOverdue, JobHistory History);

/// <summary>Tells when jobs ran, on any instance, when they are due, and which are overdue.</summary>
public sealed class JobWatch(
    IEnumerable<IJob> jobs, IReadOnlyDictionary<string, Schedule> schedules, JobRuns runs, TimeProvider time)
{
    /// <summary>
    /// How long a job may be due: jobs are looked for every minute, and one that is due waits for no other for longer than this.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>How long a job may run before the next run counts as overdue: a Functions host ends longer ones.</summary>
    public static readonly TimeSpan LongestRun = TimeSpan.FromHours(1);

    private readonly IReadOnlyList<IJob> jobs = [.. jobs];
    private readonly DateTimeOffset startedAt = time.GetUtcNow();

    /// <summary>Every job, in the order of their names.</summary>
    /// <exception cref="Storage.StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask<IReadOnlyList<WatchedJob>> ReadAsync(CancellationToken cancellation)
    {
        var known = jobs.OrderBy(job => job.Name, StringComparer.Ordinal).ToList();
        var histories = await runs.ReadAsync([.. known.Select(job => job.Name)], cancellation);
        var now = time.GetUtcNow();
        return [.. known.Zip(histories, (job, history) => Watch(job, history, now))];
    }

    // A job without a run is due after the start of this process. A run of the future was written under a wrong clock.
    private WatchedJob Watch(IJob job, JobHistory history, DateTimeOffset now)
    {
        var schedule = schedules[job.Schedule];
        var last = history.Last is { } run && run.BeganAt <= now + Patience ? run : null;
        var next = schedule.After(last?.BeganAt ?? startedAt);
        // A run that takes longer than the time between two delays the next one.
        var due = last is not null && last.BeganAt + last.Duration > next ? last.BeganAt + last.Duration : next;
        var longest = last?.Outcome == JobOutcome.Running ? LongestRun : Patience;
        return new WatchedJob(job.Name, schedule.Text, next, now - due > longest, history);
    }
}
