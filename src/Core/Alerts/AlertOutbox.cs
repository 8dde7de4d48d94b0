using Gatehouse.Storage;

namespace Gatehouse.Alerts;

/// <summary>
/// Stores alerts, each once, until they are delivered (<see cref="AlertDelivery"/>) and for as long as the same event may be
/// seen again.
/// </summary>
/// <param name="store">Where they are stored.</param>
/// <param name="settings">The receiver; null for none.</param>
/// <param name="raised">Called for each alert that is new.</param>
public sealed class AlertOutbox(ITableStore store, AlertSettings? settings = null, Action<Alert>? raised = null)
{
    private readonly AlertSettings settings = settings ?? new AlertSettings();

    /// <summary>Stores an alert. Does nothing where there is one with the same key.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask RaiseAsync(Alert alert, CancellationToken cancellation)
    {
        var row = settings.Receiver is null
            ? new AlertRow(alert, AlertState.Kept, 0, alert.At + settings.Retention)
            : new AlertRow(alert, AlertState.Pending, 0, alert.At);
        var kept = await store.CommitAsync(AlertRow.Table, row.Partition, row.Insert(), cancellation);
        if (kept.Succeeded) raised?.Invoke(alert);
    }
}
