using System.Globalization;
using Azure.Data.Tables;

namespace Gatehouse.Storage.AzureTables;

/// <summary>Rows as the client's entities, and back.</summary>
internal static class EntityCodec
{
    /// <summary>The entity of a row, marked as written by a commit.</summary>
    public static TableEntity Write(string partition, TableRow row, Guid commit)
    {
        var entity = new TableEntity(partition, row.Key) { [TableLimits.CommitMark] = commit };
        foreach (var (name, value) in row.Span)
        {
            // JSON has no number for these: the service takes them as text that is said to be a number.
            if (value is double number && !double.IsFinite(number))
            {
                entity[name] = number.ToString(CultureInfo.InvariantCulture);
                entity[$"{name}@odata.type"] = "Edm.Double";
            }
            else
            {
                entity[name] = value;
            }
        }
        return entity;
    }

    /// <summary>The row of an entity, without what is the service's and the store's own.</summary>
    public static TableRow Read(TableEntity entity)
    {
        var properties = new List<RowProperty>(entity.Count);
        foreach (var (name, value) in entity)
            if (IsOfTheRow(name) && value is not null) properties.Add(new RowProperty(name, value));
        return new TableRow(entity.RowKey, entity.ETag.ToString(), [.. properties]);
    }

    // The names of what OData adds have a point in them.
    private static bool IsOfTheRow(string name) => name is not ("PartitionKey" or "RowKey" or "Timestamp" or TableLimits.CommitMark)
        && !name.Contains('.', StringComparison.Ordinal);
}
