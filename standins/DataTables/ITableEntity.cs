#nullable disable // As the official assembly, which says nothing of null.

namespace Azure.Data.Tables;

/// <summary>What every entity of a table has.</summary>
public interface ITableEntity
{
    /// <summary>The key of the partition that the entity is in.</summary>
    string PartitionKey { get; set; }

    /// <summary>The entity's key in its partition.</summary>
    string RowKey { get; set; }

    /// <summary>When the service last changed the entity; of no effect on what is written.</summary>
    DateTimeOffset? Timestamp { get; set; }

    /// <summary>The entity's version.</summary>
    ETag ETag { get; set; }
}
