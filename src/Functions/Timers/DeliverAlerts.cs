using Gatehouse.Alerts;
using Gatehouse.Functions.Observability;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Timers;

/// <summary>Tells the receiver, every minute and after the rotations of that minute, what it has not been told.</summary>
public sealed class DeliverAlerts(AlertDelivery delivery)
{
    /// <summary>Delivers what is due.</summary>
    [Function(nameof(DeliverAlerts))]
    public Task RunAsync([TimerTrigger("%AlertsSchedule%")] TimerInfo timer, CancellationToken cancellation) =>
        FunctionSpans.ObserveAsync(nameof(DeliverAlerts), () => delivery.RunAsync(cancellation), cancellation);
}
