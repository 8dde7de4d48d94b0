namespace Gatehouse.Access.Callers;

/// <summary>Whose bearer tokens are taken: one tenant of Entra ID's.</summary>
/// <param name="TenantId"><c>Entra__TenantId</c>: the tenant's GUID; never <c>common</c>, which is everybody's.</param>
/// <param name="Audiences"><c>Entra__Audiences__0</c>...: whom tokens must be for: the app registration's client id (v2 tokens)
/// and its application id URI (v1 tokens), those of them that are in use.</param>
/// <param name="Authority"><c>Entra__Authority</c>: where the tenant's keys are published, without the tenant.
/// <c>https://login.microsoftonline.com</c>, or a national cloud's; those issue v1 tokens under other names, which are refused:
/// have v2 tokens issued there.</param>
/// <param name="Confined"><c>Entra__Confined__0__...</c>: who is confined to some applications. Others are not.</param>
public sealed record EntraSettings(
    string? TenantId, IReadOnlyList<string?> Audiences, string? Authority, IReadOnlyList<EntraConfinement> Confined)
{
    /// <summary>The authority of the public cloud.</summary>
    public const string PublicAuthority = "https://login.microsoftonline.com";
}

/// <summary>A caller that is confined to some applications.</summary>
/// <param name="Id"><c>Id</c>: the GUID of a client (<c>azp</c>, <c>appid</c>) or of a user (<c>oid</c>).</param>
/// <param name="Applications"><c>Applications__0</c>...: the applications that it is confined to; at least one.</param>
public sealed record EntraConfinement(string? Id, IReadOnlyList<string?> Applications);
