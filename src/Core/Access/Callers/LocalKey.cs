using System.Security.Cryptography;
using Gatehouse.Secrets;

namespace Gatehouse.Access.Callers;

/// <summary>The key of the local caller, used where no callers are configured.</summary>
public static class LocalKey
{
    /// <summary>The fewest characters of a key.</summary>
    public const int ShortestKey = 16;

    private const string KeySecret = "ops-local-key";
    private const int MadeKeyLength = 40;

    /// <summary>
    /// The key in the vault, generated from 160 random bits if there is none, to be shown on the local console.
    /// </summary>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public static async Task<string> GetOrCreateAsync(ISecretVault vault, CancellationToken cancellation)
    {
        var key = await vault.GetOrAddAsync(
            KeySecret, RandomNumberGenerator.GetHexString(MadeKeyLength, lowercase: true), cancellation);
        return key.Reveal();
    }

    /// <summary>Whether an earlier start generated a key that is another one than the configured one, if there is one.</summary>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public static async Task<bool> IsUnusedAsync(ISecretVault vault, string? configured, CancellationToken cancellation) =>
        await vault.GetAsync(KeySecret, cancellation) is { } generated && generated.Reveal() != configured;
}
