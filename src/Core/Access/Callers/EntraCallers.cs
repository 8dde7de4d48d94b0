using System.Globalization;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gatehouse.Access.Callers;

/// <summary>
/// Callers with an access token of an Entra ID tenant (<c>Authorization: Bearer</c>), v1 or v2: signed with RS256, the only
/// algorithm that Entra ID signs with, by a key that the tenant publishes; issued by the tenant for our audience; not
/// expired.
/// </summary>
/// <remarks>
/// <para>A caller is named after the principal that its roles are assigned to. An application that acts for itself is
/// <c>app:</c> and its client id (<c>azp</c> in v2 tokens, <c>appid</c> in v1), which operators know it by. A user who acts
/// through an application (the token has <c>scp</c>) is <c>user:</c> and the object id (<c>oid</c>): otherwise all users of
/// a tool would be one caller. Names and addresses in tokens can be changed by their owners, so they are ignored.</para>
/// <para>A token without roles is valid: its caller is known, but may do nothing. Unknown roles are ignored.</para>
/// </remarks>
public sealed class EntraCallers : IDisposable
{
    /// <summary>
    /// The most characters of a token; a longer one is refused without reading it. With 200 groups a token has about 12,000.
    /// </summary>
    public const int TokenLength = 16 * 1024;

    /// <summary>How far the tenant's clock and ours may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    private readonly JsonWebTokenHandler handler = new() { MaximumTokenSizeInBytes = TokenLength };
    private readonly EntraTenant tenant;
    private readonly TimeProvider time;

    /// <summary>Takes the tenant's settings. Sends no request to the tenant yet.</summary>
    /// <exception cref="AccessSettingException">A setting is wrong.</exception>
    public EntraCallers(EntraSettings settings, TimeProvider time)
    {
        tenant = new EntraTenant(settings);
        Keys = new SigningKeys(tenant.MetadataAddress, tenant.IsLocal, time);
        this.time = time;
    }

    /// <summary>The keys that the tenant signs tokens with.</summary>
    internal SigningKeys Keys { get; }

    /// <summary>Authenticates a token.</summary>
    public async ValueTask<Authentication> AuthenticateAsync(string token, CancellationToken cancellation)
    {
        if (token.Length > TokenLength) return Authentication.Refused(CredentialFault.TooLong);
        if (Parse(token) is not { } parsed) return Authentication.Refused(CredentialFault.Malformed);
        if (parsed.Alg != SecurityAlgorithms.RsaSha256) return Authentication.Refused(CredentialFault.Algorithm);
        // RFC 7515, 4.1.11: a token with a critical extension that is not understood is not valid. None is understood here.
        if (parsed.TryGetHeaderValue<object>("crit", out _)) return Authentication.Refused(CredentialFault.Extension);
        if (await Keys.GetAsync(cancellation) is not { } known) return Authentication.Unavailable();

        var result = await ValidateAsync(parsed, known);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            // The tenant may have published the key since: it rotates its keys from time to time.
            if (await Keys.GetNewerAsync(known, cancellation) is not { } newer) return Authentication.Unavailable();
            if (newer != known) result = await ValidateAsync(parsed, newer);
        }
        return result.IsValid ? TryIdentify(parsed) : Authentication.Refused(FaultOf(result.Exception));
    }

    /// <summary>Closes the connections to the tenant.</summary>
    public void Dispose() => Keys.Dispose();

    // The library reads a part at its first use, and throws exceptions of many types. Any of them means: not a token.
    private JsonWebToken? Parse(string token)
    {
        try
        {
            var parsed = handler.ReadJsonWebToken(token);
            return parsed is { IsEncrypted: false, Alg: not null, Claims: not null } ? parsed : null;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private Authentication TryIdentify(JsonWebToken token)
    {
        try
        {
            return Identify(token);
        }
        catch (Exception)
        {
            // A claim of another type than documented.
            return Authentication.Refused(CredentialFault.Claims);
        }
    }

    private Task<TokenValidationResult> ValidateAsync(JsonWebToken token, SigningKeySet published) =>
        handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuers = tenant.Issuers,
            ValidAudiences = tenant.Audiences,
            LifetimeValidator = CheckLifetime,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            IssuerSigningKeys = published.Keys,
            // Only the key that the token names.
            TryAllIssuerSigningKeys = false,
            // Last, so that only a token that is otherwise valid can cause the keys to be read again.
            ValidateSignatureLast = true,
        });

    // The library's own check uses the machine's clock.
    private bool CheckLifetime(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (expires is not { } end || end <= now - ClockSkew) throw new SecurityTokenExpiredException();
        if (notBefore is { } start && start > now + ClockSkew) throw new SecurityTokenNotYetValidException();
        return true;
    }

    private Authentication Identify(JsonWebToken token)
    {
        // An ID token has neither azp nor appid. It tells an application who its user is, and does not grant access
        // elsewhere.
        if (Read(token, "tid") != tenant.TenantId || (Read(token, "azp") ?? Read(token, "appid")) is not { } client)
            return Authentication.Refused(CredentialFault.Claims);
        Guid? user = null;
        if (token.TryGetPayloadValue<object>("scp", out _))
        {
            user = Read(token, "oid");
            if (user is null) return Authentication.Refused(CredentialFault.Claims);
        }
        var name = user is { } id
            ? string.Create(CultureInfo.InvariantCulture, $"user:{id}")
            : string.Create(CultureInfo.InvariantCulture, $"app:{client}");
        return Authentication.Known(new Caller(name, Roles(token), tenant.ApplicationsOf(client, user))
        {
            Credential = CredentialKind.Bearer,
            ExpiresAt = new DateTimeOffset(token.ValidTo, TimeSpan.Zero),
        });
    }

    private static IEnumerable<Role> Roles(JsonWebToken token)
    {
        foreach (var claim in token.Claims)
            if (claim.Type == "roles" && RoleNames.TryParse(claim.Value, out var role)) yield return role;
    }

    private static Guid? Read(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue<string>(claim, out var text) && Guid.TryParseExact(text, "D", out var id) ? id : null;

    private static CredentialFault FaultOf(Exception fault) => fault switch
    {
        SecurityTokenInvalidIssuerException => CredentialFault.Issuer,
        SecurityTokenInvalidAudienceException => CredentialFault.Audience,
        SecurityTokenExpiredException => CredentialFault.Expired,
        SecurityTokenNotYetValidException => CredentialFault.NotYetValid,
        SecurityTokenInvalidAlgorithmException => CredentialFault.Algorithm,
        SecurityTokenInvalidSignatureException => CredentialFault.Signature,
        _ => CredentialFault.Malformed,
    };
}
