namespace Gatehouse.Custody;

/// <summary>What a step of a change does.</summary>
public enum PlannedAction
{
    /// <summary>Creates something at the platform.</summary>
    Create,

    /// <summary>Takes an application into custody.</summary>
    Adopt,

    /// <summary>Deletes something at the platform, for ever.</summary>
    Delete,

    /// <summary>Issues a token.</summary>
    Issue,

    /// <summary>Revokes a token.</summary>
    Revoke,

    /// <summary>Writes a secret into the vault.</summary>
    Store,

    /// <summary>Removes a secret from the vault.</summary>
    Remove,

    /// <summary>Reads days from the platform into the archive.</summary>
    Archive,

    /// <summary>Sets a value.</summary>
    Set,

    /// <summary>Records usage.</summary>
    Record,
}

/// <summary>A step that a change would take if it were made now.</summary>
/// <param name="Action">What would happen.</param>
/// <param name="Subject">To what: a kind, a colon and a name, as in the audit trail. Never a secret.</param>
/// <param name="Detail">The same in a sentence, with what a person wants to know before.</param>
public sealed record PlannedStep(PlannedAction Action, string Subject, string Detail);
