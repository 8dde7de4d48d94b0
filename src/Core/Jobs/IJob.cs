namespace Gatehouse.Jobs;

/// <summary>Work that is due on a schedule. Another instance can run the same job at the same time, so two runs must not harm each
/// other.</summary>
public interface IJob
{
    /// <summary>The name in measures, logs and documents. By default the name of the class.</summary>
    string Name => GetType().Name;

    /// <summary>Which function runs the job.</summary>
    JobKind Kind { get; }

    /// <summary>The name of the setting that holds the schedule.</summary>
    string Schedule { get; }

    /// <summary>Does what is due, and says how much it was.</summary>
    Task<JobResult> RunAsync(CancellationToken cancellation);
}

/// <summary>Which function runs a job. There are only two, because on Flex Consumption each function has its own instances.</summary>
public enum JobKind
{
    /// <summary>A job that must not wait for others.</summary>
    Urgent,

    /// <summary>A job that can take long.</summary>
    Background,
}
