using Gatehouse.Platform;
using Gatehouse.Secrets;

namespace Gatehouse.Custody;

/// <summary>How the secrets of custody are described in the vault. Consumers and policies rely on these names.</summary>
internal static class CustodySecrets
{
    /// <summary>A master token. It has no end.</summary>
    public static SecretDescription OfMaster(AppId application) =>
        new("Master API token", null, new Dictionary<string, string> { ["application"] = application.ToString() });

    /// <summary>The token of a lease. Each version has the id of its own token.</summary>
    public static SecretDescription Of(AppId application, Lease lease, ApiToken token) => new(
        "API token", lease.ExpiresAt,
        new Dictionary<string, string>
        {
            ["application"] = application.ToString(),
            ["label"] = lease.Label,
            ["token_id"] = token.Fingerprint,
            ["owner"] = lease.Owner,
        });
}
