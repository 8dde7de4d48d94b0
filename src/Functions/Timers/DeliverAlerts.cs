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
    public Task RunAsync(CancellationToken cancellation) => delivery.RunAsync(cancellation);
}
