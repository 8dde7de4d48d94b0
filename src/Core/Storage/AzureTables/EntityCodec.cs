using System.Globalization;
using Azure.Data.Tables;

namespace Gatehouse.Storage.AzureTables;

/// <summary>Converts rows to the client's entities, and back.</summary>
internal static class EntityCodec
{
    /// <summary>The entity of a row, with the mark of its commit.</summary>
    public static TableEntity Write(string partition, TableRow row, Guid commit)
    {
        var entity = new TableEntity(partition, row.Key) { [TableLimits.CommitMark] = commit };
        foreach (var (name, value) in row.Span)
        {
            // JSON has no such numbers. The service takes them as text with a type annotation.
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

    /// <summary>The row of an entity, without the properties of the service and of the store.</summary>
    public static TableRow Read(TableEntity entity)
    {
        var properties = new List<RowProperty>(entity.Count);
        foreach (var (name, value) in entity)
            if (IsOfTheRow(name) && value is not null) properties.Add(new RowProperty(name, value));
        return new TableRow(entity.RowKey, entity.ETag.ToString(), [.. properties]);
    }

    // Names that OData adds contain a point.
    private static bool IsOfTheRow(string name) => name is not ("PartitionKey" or "RowKey" or "Timestamp" or TableLimits.CommitMark)
        && !name.Contains('.', StringComparison.Ordinal);
}
