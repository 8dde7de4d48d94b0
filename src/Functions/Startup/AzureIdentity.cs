using Azure.Core;
using Azure.Identity;

namespace Gatehouse.Functions.Startup;

/// <summary>
/// The identity of this process in Azure. There is one credential for Table Storage and Key Vault, because each one looks for the
/// identity and caches tokens for itself.
/// </summary>
internal static class AzureIdentity
{
    private static readonly Lazy<TokenCredential> Found = new(() => new DefaultAzureCredential());

    /// <summary>The credential that <c>DefaultAzureCredential</c> finds.</summary>
    public static TokenCredential Credential => Found.Value;
}
