namespace Gatehouse.Platform.Hosted;

/// <summary>
/// The vault has no credentials of the organization's, or the platform refuses them: nothing was done. Applications cannot be
/// created and listed before an operator has put good ones into the vault; whatever is done under an application's own token
/// works on.
/// </summary>
public sealed class OrganizationCredentialsException(bool areMissing, string message) : Exception(message)
{
    /// <summary>Whether there are none; otherwise they are refused.</summary>
    public bool AreMissing { get; } = areMissing;
}
