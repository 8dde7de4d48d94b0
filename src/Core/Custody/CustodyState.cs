namespace Gatehouse.Custody;

/// <summary>The state of an application in custody. The names are stored.</summary>
public enum CustodyState
{
    /// <summary>Its master token is in the vault.</summary>
    Held,

    /// <summary>It is being deleted.</summary>
    Deleting,
}
