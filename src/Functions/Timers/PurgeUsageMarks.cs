using Gatehouse.Jobs;
using Gatehouse.Usage;

namespace Gatehouse.Functions.Timers;

/// <summary>Once a day: deletes the marks of messages that were counted more than four days ago.</summary>
public sealed class PurgeUsageMarks(UsagePurge purge) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Background;

    /// <inheritdoc/>
    public string Schedule => "PurgeSchedule";

    /// <summary>Continues where the last run has stopped.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation) => new(("marks", await purge.RunAsync(cancellation)));
}
