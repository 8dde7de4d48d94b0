using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute: runs all other jobs that are due.</summary>
public sealed class BackgroundJobs(JobRunner runner)
{
    /// <summary>The function's name.</summary>
    public const string Name = "RunBackgroundJobs";

    /// <summary>Ends when no job runs anymore.</summary>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("%BackgroundJobsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        runner.RunAsync(JobKind.Background, cancellation);
}
