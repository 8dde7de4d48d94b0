using System.Security.Cryptography;
using Gatehouse.Secrets;

namespace Gatehouse.Access;

/// <summary>The key of the local default's caller, where an operator configures nobody.</summary>
public static class LocalKey
{
    /// <summary>The fewest characters of a key.</summary>
    public const int ShortestKey = 16;

    private const string KeySecret = "ops-local-key";
    private const int MadeKeyLength = 40;

    /// <summary>
    /// The key in the vault, made of 160 random bits where there is none; for whoever sits at the machine to use.
    /// </summary>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public static async Task<string> MakeAsync(ISecretVault vault, CancellationToken cancellation)
    {
        var key = await vault.GetOrAddAsync(
            KeySecret, RandomNumberGenerator.GetHexString(MadeKeyLength, lowercase: true), cancellation);
        return key.Reveal();
    }
}
