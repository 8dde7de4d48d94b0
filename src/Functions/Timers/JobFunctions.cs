using Gatehouse.Jobs;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>The two functions that run all jobs. A run ends when no job runs any more.</summary>
public sealed class JobFunctions(JobRunner runner)
{
    /// <summary>The Functions host's limit for a run of a function (host.json, <c>functionTimeout</c>).</summary>
    public static readonly TimeSpan HostLimit = TimeSpan.FromHours(1);

    /// <summary>Every minute: runs <see cref="RotateTokens"/> and <see cref="DeliverAlerts"/>, which must not wait for others.</summary>
    [Function(nameof(RunUrgentJobs))]
    public Task RunUrgentJobs([TimerTrigger("%UrgentJobsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        runner.RunAsync(JobKind.Urgent, cancellation);

    /// <summary>Every minute: runs all other jobs that are due.</summary>
    [Function(nameof(RunBackgroundJobs))]
    public Task RunBackgroundJobs([TimerTrigger("%BackgroundJobsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        runner.RunAsync(JobKind.Background, cancellation);

    /// <summary>The name of the function that runs jobs of this kind.</summary>
    public static string NameOf(JobKind kind) => kind == JobKind.Urgent ? nameof(RunUrgentJobs) : nameof(RunBackgroundJobs);
}
