namespace Gatehouse.Platform.Hosted;

/// <summary>
/// The organization's credentials are missing in the vault, or the platform refuses them. Nothing was done. Applications
/// cannot be created or listed until an operator has put valid ones into the vault; everything under an application's own
/// token still works.
/// </summary>
public sealed class OrganizationCredentialsException(bool areMissing, string message) : Exception(message)
{
    /// <summary>Whether they are missing; otherwise they are refused.</summary>
    public bool AreMissing { get; } = areMissing;
}
