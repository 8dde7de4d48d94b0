using Gatehouse.Alerts;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute, after the rotations: sends new alerts to the receiver.</summary>
public sealed class DeliverAlerts(AlertDelivery delivery) : IJob
{
    /// <inheritdoc/>
    public JobKind Kind => JobKind.Urgent;

    /// <inheritdoc/>
    public string Schedule => "AlertsSchedule";

    /// <summary>Sends the alerts that are due.</summary>
    public async Task<JobResult> RunAsync(CancellationToken cancellation)
    {
        var run = await delivery.RunAsync(cancellation);
        return new JobResult(
            ("delivered", run.Delivered), ("failed", run.Failed), ("abandoned", run.Abandoned), ("forgotten", run.Forgotten));
    }
}
