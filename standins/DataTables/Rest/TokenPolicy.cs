using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables.Rest;

/// <summary>
/// Sends a bearer token; where the service refuses it and names a tenant, once more with one of that tenant's.
/// </summary>
internal sealed partial class TokenPolicy(TokenCredential credential, string scope, bool discoversTenant)
    : BearerTokenAuthenticationPolicy(credential, scope)
{
    private readonly string[] scopes = [scope];
    private volatile string? tenant;

    protected override void AuthorizeRequest(HttpMessage message)
    {
        if (Context(message) is { } context) AuthenticateAndAuthorizeRequest(message, context);
    }

    protected override ValueTask AuthorizeRequestAsync(HttpMessage message) =>
        Context(message) is { } context ? AuthenticateAndAuthorizeRequestAsync(message, context) : default;

    protected override bool AuthorizeRequestOnChallenge(HttpMessage message)
    {
        if (!TryLearnTenant(message.Response)) return false;
        AuthorizeRequest(message);
        return true;
    }

    protected override async ValueTask<bool> AuthorizeRequestOnChallengeAsync(HttpMessage message)
    {
        if (!TryLearnTenant(message.Response)) return false;
        await AuthorizeRequestAsync(message).ConfigureAwait(false);
        return true;
    }

    private TokenRequestContext? Context(HttpMessage message) =>
        tenant is null && discoversTenant ? null : new TokenRequestContext(scopes, message.Request.ClientRequestId, tenantId: tenant);

    // Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize resource_id=...
    private bool TryLearnTenant(Response response)
    {
        if (!response.Headers.TryGetValue("WWW-Authenticate", out var challenge)) return false;
        var said = AuthorizationUri().Match(challenge);
        if (!said.Success || !Uri.TryCreate(said.Groups[1].Value, UriKind.Absolute, out var uri) || uri.Segments.Length < 2) return false;
        tenant = uri.Segments[1].Trim('/');
        return true;
    }

    [GeneratedRegex("""^Bearer\b.*\bauthorization_uri="?([^\s",]+)""")]
    private static partial Regex AuthorizationUri();
}
