namespace Gatehouse.Jobs;

/// <summary>What a run of a job did: how many of what, such as 3 <c>rotated</c>.</summary>
/// <param name="counts">The counts, by names in snake_case.</param>
public sealed class JobResult(params (string What, long Count)[] counts)
{
    /// <summary>What was done; without what was done to nothing.</summary>
    public IReadOnlyList<(string What, long Count)> Counts { get; } = [.. counts.Where(one => one.Count != 0)];
}

/// <summary>How far a run has come. The names are stored.</summary>
public enum JobOutcome
{
    /// <summary>It has begun. If its process was killed, it stays so until the next run.</summary>
    Running,

    /// <summary>It has ended.</summary>
    Done,

    /// <summary>It has failed. The log says why, and the next run tries again.</summary>
    Failed,

    /// <summary>Its process was stopped. The next run continues.</summary>
    Stopped,
}

/// <summary>The names of outcomes, in measures and answers.</summary>
public static class JobOutcomeNames
{
    /// <summary>The name of an outcome.</summary>
    public static string NameOf(JobOutcome outcome) => outcome switch
    {
        JobOutcome.Running => "running",
        JobOutcome.Done => "done",
        JobOutcome.Failed => "failed",
        JobOutcome.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}

/// <summary>A run of a job.</summary>
/// <param name="BeganAt">When it began.</param>
/// <param name="Duration">How long it took; zero while it is running.</param>
/// <param name="Outcome">How it ended, if it has.</param>
/// <param name="Result">What it did; nothing for a run that has not come to its end.</param>
public sealed record JobRun(DateTimeOffset BeganAt, TimeSpan Duration, JobOutcome Outcome, JobResult Result);
