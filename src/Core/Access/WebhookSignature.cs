using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Gatehouse.Access;

/// <summary>The result of checking a webhook's signature.</summary>
public enum SignatureVerdict
{
    /// <summary>There is no signature.</summary>
    Missing,

    /// <summary>There are several, so it is not clear which one counts.</summary>
    Repeated,

    /// <summary>It is not 64 lower-case hex digits.</summary>
    Malformed,

    /// <summary>It was made with another secret or for another body, or there is no secret to check it with.</summary>
    Wrong,

    /// <summary>It was made with the secret, for this body. The only result that accepts the webhook.</summary>
    Right,
}

/// <summary>
/// The signature of the platform's webhooks: <c>x-sendbird-signature</c> is the HMAC-SHA256 of the body's raw bytes under
/// the application's master token, in lower-case hex.
/// </summary>
public static class WebhookSignature
{
    /// <summary>The header that carries it.</summary>
    public const string Header = "x-sendbird-signature";

    private const int Length = 2 * HMACSHA256.HashSizeInBytes;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Refuses what needs no body to be refused; null where the body has to be read.</summary>
    /// <param name="signatures">The header's values.</param>
    public static SignatureVerdict? Look(IReadOnlyList<string?> signatures) =>
        signatures.Count == 0 ? SignatureVerdict.Missing
        : signatures.Count > 1 ? SignatureVerdict.Repeated
        : signatures[0] is not { Length: Length } given || given.AsSpan().ContainsAnyExcept(Digits) ? SignatureVerdict.Malformed
        : null;

    /// <summary>Checks a signature, in constant time.</summary>
    /// <param name="body">The raw bytes of the body.</param>
    /// <param name="signatures">The header's values.</param>
    /// <param name="secrets">The valid secrets: the current one, and during a rotation also the previous one.</param>
    public static SignatureVerdict Verify(
        ReadOnlySpan<byte> body, IReadOnlyList<string?> signatures, params ReadOnlySpan<string> secrets)
    {
        if (Look(signatures) is { } refused) return refused;
        var expected = Convert.FromHexString(signatures[0]!);
        var right = false;
        Span<byte> made = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var secret in secrets)
        {
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body, made);
            right |= CryptographicOperations.FixedTimeEquals(made, expected);
        }
        return right ? SignatureVerdict.Right : SignatureVerdict.Wrong;
    }
}
