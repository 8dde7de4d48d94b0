using System.Collections.Concurrent;
using Gatehouse.Alerts;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Alerts;

/// <summary>A store, a clock, and a receiver.</summary>
internal sealed class AlertScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<AlertDelivery> deliveries = [];

    private AlertScene(AlertReceiverDouble receiver)
    {
        Receiver = receiver;
        Store = SqliteTableStore.Open(folder["alerts.db"]);
    }

    public SqliteTableStore Store { get; }

    public TestClock Clock { get; } = new();

    public AlertReceiverDouble Receiver { get; }

    public AlertSettings Settings => new()
    {
        Receiver = new AlertReceiver(Receiver.Address, [AlertSecret.TryParse(Receiver.Secret)!]),
    };

    /// <summary>The alerts that were reported as new, and as given up.</summary>
    public ConcurrentQueue<Alert> Raised { get; } = new();

    public ConcurrentQueue<int?> Failed { get; } = new();

    public ConcurrentQueue<Alert> Abandoned { get; } = new();

    public static async Task<AlertScene> StartAsync() => new(await AlertReceiverDouble.StartAsync());

    public AlertOutbox Outbox(AlertSettings? settings = null) => new(Store, settings ?? Settings, Raised.Enqueue);

    /// <summary>A delivery as of one instance.</summary>
    public AlertDelivery Delivery(AlertSettings? settings = null, ITableStore? store = null)
    {
        var delivery = new AlertDelivery(
            store ?? Store, settings ?? Settings, Clock, (_, status) => Failed.Enqueue(status), Abandoned.Enqueue);
        deliveries.Add(delivery);
        return delivery;
    }

    public Alert Alert(string key) => new(
        key, AlertTypes.TokenRotated, Clock.GetUtcNow(), AppId.TryParse("0E7A4F52-8F0C-4B5E-9A8B-6C2D1E0F3A4B")!.Value,
        [new("label", "bot"), new("token_id", "0123456789abcdef")]);

    public async Task RaiseAsync(params IEnumerable<string> keys)
    {
        var outbox = Outbox();
        foreach (var key in keys) await outbox.RaiseAsync(Alert(key), default);
    }

    /// <summary>How many rows there are.</summary>
    public async Task<int> RowsAsync()
    {
        var rows = 0;
        foreach (var partition in "0123456789abcdef")
            rows += (await Store.ReadAsync("Alerts", $"{partition}", RowRange.All, TableLimits.RowsPerRead, default)).Count;
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var delivery in deliveries) delivery.Dispose();
        await Receiver.DisposeAsync();
        await Store.DisposeAsync();
        folder.Dispose();
    }
}
