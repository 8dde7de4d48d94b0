using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute: runs the urgent jobs that are due, <see cref="RotateTokens"/> and <see cref="DeliverAlerts"/>.</summary>
public sealed class UrgentJobs(JobRunner runner)
{
    /// <summary>The function's name.</summary>
    public const string Name = "RunUrgentJobs";

    /// <summary>Ends when no job runs anymore.</summary>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("%UrgentJobsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        runner.RunAsync(JobKind.Urgent, cancellation);
}
