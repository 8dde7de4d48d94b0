using Gatehouse.Storage;

namespace Gatehouse.Alerts;

/// <summary>Keeps alerts, each once, until they are delivered (<see cref="AlertDelivery"/>) and for as long as their causes
/// may be seen again.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="settings">Whom they are for; null for nobody.</param>
/// <param name="raised">Is told of each alert that was not there before.</param>
public sealed class AlertOutbox(ITableStore store, AlertSettings? settings = null, Action<Alert>? raised = null)
{
    private readonly AlertSettings settings = settings ?? new AlertSettings();

    /// <summary>Keeps an alert; nothing happens where there is one with its key.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask RaiseAsync(Alert alert, CancellationToken cancellation)
    {
        var row = settings.Receiver is null
            ? new AlertRow(alert, AlertState.Kept, 0, alert.At + settings.KeptFor)
            : new AlertRow(alert, AlertState.Pending, 0, alert.At);
        var kept = await store.CommitAsync(AlertRow.Table, row.Partition, row.Insert(), cancellation);
        if (kept.Succeeded) raised?.Invoke(alert);
    }
}
