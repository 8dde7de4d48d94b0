using Gatehouse.Storage;

namespace Gatehouse.Tests.Alerts;

/// <summary>What is in the outbox.</summary>
internal static class RaisedAlerts
{
    private const string Partitions = "0123456789abcdef";

    /// <summary>The alerts by their keys, each with its row.</summary>
    public static async Task<IReadOnlyDictionary<string, TableRow>> ReadAsync(ITableStore store)
    {
        var raised = new Dictionary<string, TableRow>();
        foreach (var partition in Partitions)
        {
            foreach (var row in await store.ReadAsync("Alerts", partition.ToString(), RowRange.Prefix("k:"), TableLimits.RowsPerRead, default))
                raised.Add(row.GetString("Key"), row);
        }
        return raised;
    }
}
