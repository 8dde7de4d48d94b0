namespace Azure.Data.Tables;

/// <summary>What an action of a transaction does to its entity.</summary>
public enum TableTransactionActionType
{
    /// <summary>Adds an entity that is not there.</summary>
    Add = 0,

    /// <summary>Writes an entity's properties over those of the one that is there.</summary>
    UpdateMerge = 1,

    /// <summary>Puts an entity into the place of the one that is there.</summary>
    UpdateReplace = 2,

    /// <summary>Removes an entity.</summary>
    Delete = 3,

    /// <summary>As <see cref="UpdateMerge"/>, or <see cref="Add"/> where there is none.</summary>
    UpsertMerge = 4,

    /// <summary>As <see cref="UpdateReplace"/>, or <see cref="Add"/> where there is none.</summary>
    UpsertReplace = 5,
}
