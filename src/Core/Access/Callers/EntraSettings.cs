namespace Gatehouse.Access.Callers;

/// <summary>The tenant of Entra ID whose bearer tokens are accepted.</summary>
/// <param name="TenantId"><c>Entra__TenantId</c>: the tenant's GUID. Not <c>common</c>, which accepts every tenant.</param>
/// <param name="Audiences"><c>Entra__Audiences__0</c>...: the accepted audiences: the app registration's client id (v2
/// tokens) and its application id URI (v1 tokens), those that are in use.</param>
/// <param name="Authority"><c>Entra__Authority</c>: where the tenant's keys are published, without the tenant:
/// <c>https://login.microsoftonline.com</c>, or the authority of a national cloud. A national cloud issues v1 tokens under
/// other names, which are refused: use v2 tokens there.</param>
/// <param name="Confined"><c>Entra__Confined__0__...</c>: callers that are confined to some applications. Others are
/// not.</param>
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
