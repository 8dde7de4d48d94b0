using Gatehouse.Alerts;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Every minute, after the rotations: sends new alerts to the receiver.</summary>
public sealed class DeliverAlerts(AlertDelivery delivery)
{
    /// <summary>Sends the alerts that are due.</summary>
    [Function(nameof(DeliverAlerts))]
    public Task RunAsync([TimerTrigger("%AlertsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(DeliverAlerts), () => delivery.RunAsync(cancellation), cancellation);
}
