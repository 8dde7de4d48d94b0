namespace Gatehouse.Access.Callers;

/// <summary>Finds out who calls the facade: by a key, or by Entra ID's bearer token where that is configured.</summary>
public sealed class CallerAuthenticator(KeyCallers keys, EntraCallers? entra)
{
    /// <summary>Whether Entra ID's bearer tokens are taken.</summary>
    public bool TakesBearer => entra is not null;

    /// <summary>Whose the credential is. A request has one: with both it is refused, whatever they are.</summary>
    /// <param name="key">The value of <c>X-Gatehouse-Key</c>; null where there is no such header.</param>
    /// <param name="bearer">The token of <c>Authorization: Bearer</c>; null where there is no such header.</param>
    /// <param name="cancellation">Gives up.</param>
    public ValueTask<Authentication> AuthenticateAsync(string? key, string? bearer, CancellationToken cancellation)
    {
        if (key is not null && bearer is not null) return new(Authentication.Refused(CredentialFault.Ambiguous));
        if (key is not null)
            return new(keys.Find(key) is { } caller ? Authentication.Known(caller) : Authentication.Refused(CredentialFault.UnknownKey));
        if (bearer is null) return new(Authentication.Refused(CredentialFault.Missing));
        if (entra is null) return new(Authentication.Refused(CredentialFault.NoBearer));
        return entra.AuthenticateAsync(bearer, cancellation);
    }
}
