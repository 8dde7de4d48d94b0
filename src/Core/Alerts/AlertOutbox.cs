using System.Security.Cryptography;
using System.Text;
using Gatehouse.Storage;

namespace Gatehouse.Alerts;

/// <summary>Keeps alerts, each once, until they are delivered.</summary>
public sealed class AlertOutbox(ITableStore store)
{
    private const string Table = "Alerts";

    /// <summary>Keeps an alert; nothing happens where there is one with its key.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async ValueTask RaiseAsync(Alert alert, CancellationToken cancellation)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(alert.Key)));
        var row = new TableRow(
            $"k:{hash}", null,
            [
                new("Key", alert.Key), new("Type", alert.Type), new("At", alert.At),
                new("Application", alert.Application.ToString()),
                .. alert.Facts.Select(fact => new RowProperty($"Fact_{fact.Key}", fact.Value)),
            ]);
        await store.CommitAsync(Table, hash[..1], [RowChange.Insert(row)], cancellation);
    }
}
