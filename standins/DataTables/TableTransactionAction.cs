#nullable disable // As the official assembly, which says nothing of null.

namespace Azure.Data.Tables;

/// <summary>One action of a transaction.</summary>
public class TableTransactionAction
{
    /// <summary>Makes an action that asks for no ETag.</summary>
    public TableTransactionAction(TableTransactionActionType actionType, ITableEntity entity)
        : this(actionType, entity, default)
    {
    }

    /// <summary>Makes an action for an entity with this ETag.</summary>
    /// <exception cref="ArgumentNullException">The entity or one of its keys is null.</exception>
    public TableTransactionAction(TableTransactionActionType actionType, ITableEntity entity, ETag etag = default)
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(entity.PartitionKey);
        ArgumentNullException.ThrowIfNull(entity.RowKey);
        ActionType = actionType;
        Entity = entity;
        ETag = etag;
    }

    /// <summary>What it does.</summary>
    public TableTransactionActionType ActionType { get; }

    /// <summary>The entity that it does it to.</summary>
    public ITableEntity Entity { get; }

    /// <summary>The ETag that the entity in the table must have, for an update or a delete; the default asks for none.</summary>
    public ETag ETag { get; }
}
