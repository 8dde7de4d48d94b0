using System.Security.Cryptography;
using System.Text;
using Gatehouse.Custody;

namespace Gatehouse.Access;

/// <summary>An internal service that calls the facade, known by its credential.</summary>
/// <param name="Name">Its name, for people.</param>
public sealed record OpsCaller(string Name);

/// <summary>
/// Decides which internal service a key belongs to. There is one, the local caller; until its key is there, nobody passes.
/// </summary>
public sealed class OpsCallers
{
    /// <summary>The fewest characters of a key.</summary>
    public const int ShortestKey = 16;

    private const string KeySecret = "ops-local-key";
    private const int MadeKeyLength = 40;

    private static readonly OpsCaller Local = new("local");

    private byte[]? localKeyHash;

    /// <summary>Takes the local caller's key.</summary>
    public void Configure(string localKey) => localKeyHash = Hash(localKey);

    /// <summary>
    /// Takes the local caller's key out of the vault, made of 160 random bits where there is none. Returns it, for whoever
    /// sits at the machine to use.
    /// </summary>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<string> MakeAsync(ISecretVault vault, CancellationToken cancellation)
    {
        var key = await vault.GetOrAddAsync(
            KeySecret, RandomNumberGenerator.GetHexString(MadeKeyLength, lowercase: true), cancellation);
        Configure(key.Reveal());
        return key.Reveal();
    }

    /// <summary>The caller whose key this is, or null. It takes the same time wherever a key differs.</summary>
    public OpsCaller? Find(string key) =>
        localKeyHash is not null && CryptographicOperations.FixedTimeEquals(Hash(key), localKeyHash) ? Local : null;

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
