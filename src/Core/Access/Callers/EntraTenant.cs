namespace Gatehouse.Access.Callers;

/// <summary>The validated settings of a tenant: what a token must say, and who is confined.</summary>
internal sealed class EntraTenant
{
    private readonly Dictionary<Guid, HashSet<AppId>> confined = [];

    /// <exception cref="AccessSettingException">A setting is wrong.</exception>
    public EntraTenant(EntraSettings settings)
    {
        if (!Guid.TryParseExact(settings.TenantId, "D", out var tenant))
            throw new AccessSettingException($"Entra__TenantId must be the tenant's GUID, not '{settings.TenantId}'.");
        var authority = ReadAuthority(settings.Authority ?? EntraSettings.PublicAuthority);
        TenantId = tenant;
        IsLocal = authority.IsLoopback;
        var issuer = $"{authority.GetLeftPart(UriPartial.Authority)}/{tenant}/v2.0";
        MetadataAddress = $"{issuer}/.well-known/openid-configuration";
        // v2 tokens name the authority, v1 tokens the security token service
        // (Microsoft identity platform, "Access token claims reference": iss).
        Issuers = [issuer, $"https://sts.windows.net/{tenant}/"];
        Audiences = ReadAudiences(settings.Audiences);
        for (var index = 0; index < settings.Confined.Count; index++) Confine(settings.Confined[index], $"Entra__Confined__{index}");
    }

    public Guid TenantId { get; }

    /// <summary>Whether the authority is this machine, as in a test. Only then is http allowed.</summary>
    public bool IsLocal { get; }

    public string MetadataAddress { get; }

    public IReadOnlyList<string> Issuers { get; }

    public IReadOnlyList<string> Audiences { get; }

    /// <summary>
    /// The applications that a client, or a user through a client, is confined to; null for all. If both are confined, only
    /// the applications of both.
    /// </summary>
    public IReadOnlySet<AppId>? ApplicationsOf(Guid client, Guid? user)
    {
        confined.TryGetValue(client, out var clients);
        if (user is not { } id || !confined.TryGetValue(id, out var users)) return clients;
        return clients is null ? users : clients.Intersect(users).ToHashSet();
    }

    private static Uri ReadAuthority(string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
        {
            return uri;
        }
        throw new AccessSettingException($"Entra__Authority must be an address such as {EntraSettings.PublicAuthority}.");
    }

    private static List<string> ReadAudiences(IReadOnlyList<string?> audiences)
    {
        if (audiences.Count == 0)
            throw new AccessSettingException("Entra__Audiences__0 must be set: whom tokens are for, by client id or application id URI.");
        return [.. audiences.Select((audience, index) => string.IsNullOrWhiteSpace(audience)
            ? throw new AccessSettingException($"Entra__Audiences__{index} must not be empty.")
            : audience)];
    }

    private void Confine(EntraConfinement confinement, string at)
    {
        if (!Guid.TryParseExact(confinement.Id, "D", out var id))
            throw new AccessSettingException($"{at}__Id must be the GUID of a client or a user, not '{confinement.Id}'.");
        if (confinement.Applications.Count == 0) throw new AccessSettingException($"{at}__Applications__0 must be set.");
        var applications = confinement.Applications
            .Select((application, index) => KeyCallers.ReadApplication(application, $"{at}__Applications__{index}"));
        if (!confined.TryAdd(id, [.. applications])) throw new AccessSettingException($"{at}__Id: {id} is confined twice.");
    }
}
