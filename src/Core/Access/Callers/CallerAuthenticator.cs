namespace Gatehouse.Access.Callers;

/// <summary>
/// Authenticates callers of the facade: by a key, or by a bearer token of Entra ID where that is configured.
/// </summary>
public sealed class CallerAuthenticator(KeyCallers keys, EntraCallers? entra)
{
    /// <summary>Whether bearer tokens of Entra ID are accepted.</summary>
    public bool TakesBearer => entra is not null;

    /// <summary>Authenticates one credential. A request with both is refused.</summary>
    /// <param name="key">The value of <c>X-Gatehouse-Key</c>; null without that header.</param>
    /// <param name="bearer">The token of <c>Authorization: Bearer</c>; null without that header.</param>
    /// <param name="cancellation">Cancels.</param>
    public ValueTask<Authentication> AuthenticateAsync(string? key, string? bearer, CancellationToken cancellation)
    {
        if (key is not null && bearer is not null) return new(Authentication.Refused(CredentialFault.Ambiguous));
        if (key is not null) return new(keys.Authenticate(key));
        if (bearer is null) return new(Authentication.Refused(CredentialFault.Missing));
        if (entra is null) return new(Authentication.Refused(CredentialFault.NoBearer));
        return entra.AuthenticateAsync(bearer, cancellation);
    }
}
