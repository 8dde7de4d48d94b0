namespace Gatehouse.Functions.Timers;

/// <summary>Work that is due on a schedule. Two runs of a job must not harm each other: another instance can run it too.</summary>
public interface IJob
{
    /// <summary>The name, in measures, logs and documents: the class's.</summary>
    string Name => GetType().Name;

    /// <summary>Which function runs the job.</summary>
    JobKind Kind { get; }

    /// <summary>The setting with the job's schedule.</summary>
    string Schedule { get; }

    /// <summary>Does what is due.</summary>
    Task RunAsync(CancellationToken cancellation);
}

/// <summary>The functions that run jobs. On Flex Consumption each function has instances of its own, so there are only two.</summary>
public enum JobKind
{
    /// <summary>Jobs that must not wait for others: <see cref="UrgentJobs"/>.</summary>
    Urgent,

    /// <summary>Jobs that can take long: <see cref="BackgroundJobs"/>.</summary>
    Background,
}
