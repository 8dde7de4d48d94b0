using System.Security.Cryptography;
using System.Text;

namespace Gatehouse.Secrets;

/// <summary>
/// A 256-bit key that encrypts values in tables and files with AES-GCM. A value can be decrypted only with the same key and
/// in the same context, so an encrypted value that is moved to another row cannot be opened there.
/// </summary>
/// <remarks>
/// Format of an encrypted value: format 1, the key's identifier (4 bytes), nonce (12), tag (16), ciphertext. Nonces are
/// random: NIST SP 800-38D allows 2^32 of them under one key. A cipher takes four times as long to create as to use, and only one
/// thread at a time may use it, so a few idle ones are kept.
/// </remarks>
public sealed class DataKey
{
    /// <summary>How many bytes an encrypted value is longer than its plaintext.</summary>
    public const int Overhead = 1 + IdentifierSize + NonceSize + TagSize;

    private const byte Format = 1;
    private const int KeySize = 32;
    private const int IdentifierSize = 4;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    // Up to so many characters, a context is encoded on the stack.
    private const int ShortContext = 128;

    private readonly byte[] key;
    private readonly byte[] identifier;
    private readonly AesGcm?[] idle = new AesGcm?[16];

    /// <summary>Takes the 32 bytes of a key.</summary>
    /// <exception cref="ArgumentException">The key does not have 32 bytes.</exception>
    public DataKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize) throw new ArgumentException("A data key has 32 bytes.", nameof(key));
        this.key = key.ToArray();
        identifier = SHA256.HashData(key)[..IdentifierSize];
    }

    /// <summary>The bytes of a new random key.</summary>
    public static byte[] Generate() => RandomNumberGenerator.GetBytes(KeySize);

    /// <summary>Reads a key from the vault, where it is stored in base64. If there is none, it is generated first.</summary>
    /// <exception cref="VaultException">The vault cannot answer, or the secret is not a key.</exception>
    public static async Task<DataKey> OpenAsync(ISecretVault vault, string secretName, CancellationToken cancellation)
    {
        var secret = await vault.GetOrAddAsync(secretName, Convert.ToBase64String(Generate()), cancellation);
        try
        {
            return new DataKey(Convert.FromBase64String(secret.Reveal()));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new VaultException($"The secret {secretName} is not a key of 32 bytes in base64.", e);
        }
    }

    /// <summary>Encrypts a value for one context.</summary>
    public byte[] Seal(ReadOnlySpan<byte> plaintext, string context)
    {
        var result = new byte[Overhead + plaintext.Length];
        result[0] = Format;
        identifier.CopyTo(result, 1);
        var nonce = result.AsSpan(1 + IdentifierSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        var aes = Take();
        aes.Encrypt(
            nonce, plaintext, result.AsSpan(Overhead), result.AsSpan(Overhead - TagSize, TagSize), Encoding.UTF8.GetBytes(context));
        Return(aes);
        return result;
    }

    /// <summary>Decrypts a value that was sealed in the same context.</summary>
    /// <exception cref="VaultException">The value was encrypted under another key or context, or is damaged.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedValue, string context)
    {
        if (sealedValue.Length < Overhead || sealedValue[0] != Format)
            throw new VaultException("An encrypted value is damaged.");
        if (!sealedValue.Slice(1, IdentifierSize).SequenceEqual(identifier))
            throw new VaultException("A value was encrypted under another key: the vault and the store do not belong together.");
        var plaintext = new byte[sealedValue.Length - Overhead];
        Span<byte> utf8 = context.Length <= ShortContext ? stackalloc byte[3 * ShortContext] : new byte[3 * context.Length];
        var aes = Take();
        try
        {
            aes.Decrypt(
                sealedValue.Slice(1 + IdentifierSize, NonceSize), sealedValue[Overhead..],
                sealedValue.Slice(Overhead - TagSize, TagSize), plaintext, utf8[..Encoding.UTF8.GetBytes(context, utf8)]);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new VaultException("An encrypted value is damaged, or was moved to another place.", e);
        }
        Return(aes);
        return plaintext;
    }

    /// <summary>Derives a key for another purpose. This key cannot be computed from it (HKDF, RFC 5869).</summary>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeySize, info: Encoding.UTF8.GetBytes(purpose));

    // After a failure it is not returned, and left to the garbage collector.
    private AesGcm Take() => Interlocked.Exchange(ref Place, null) ?? new AesGcm(key, TagSize);

    private void Return(AesGcm aes) => Interlocked.Exchange(ref Place, aes)?.Dispose();

    private ref AesGcm? Place => ref idle[Environment.CurrentManagedThreadId % idle.Length];
}
