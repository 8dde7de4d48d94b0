using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Common;

namespace Gatehouse.Platform;

/// <summary>
/// A master or secondary API token: 40 lower-case hex digits (wire contract, "API token"). <c>ToString</c> gives its
/// fingerprint, so that no log, exception or metric can hold a token by accident. Only <see cref="Reveal"/> gives the token.
/// </summary>
public sealed class ApiToken
{
    /// <summary>The number of characters of a token.</summary>
    public const int Length = 40;

    /// <summary>The most secondary tokens of an application (wire contract, "Issue an API token").</summary>
    public const int MostSecondary = 10;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private readonly string value;
    private KnownHash? hash;

    private ApiToken(string value) => this.value = value;

    /// <summary>
    /// The SHA-256 of the token's 40 characters. Tokens are found and compared by it. It is computed at the first use, so a list of
    /// tokens costs none.
    /// </summary>
    public ReadOnlySpan<byte> Hash => Hashed.Bytes;

    /// <summary><see cref="Hash"/> in lower-case hex.</summary>
    internal string HashText => Hashed.Text;

    /// <summary>The first 16 hex digits of <see cref="Hash"/>. It identifies the token without revealing it.</summary>
    public string Fingerprint => HashText[..16];

    private KnownHash Hashed
    {
        get
        {
            if (hash is not null) return hash;
            Span<byte> ascii = stackalloc byte[Length];
            Encoding.ASCII.GetBytes(value, ascii);
            return hash = KnownHash.Of(ascii);
        }
    }

    /// <summary>A new random token of 160 bits.</summary>
    public static ApiToken Generate() => new(RandomNumberGenerator.GetHexString(Length, lowercase: true));

    /// <summary>Parses a token; null where the text is not one.</summary>
    public static ApiToken? TryParse(string? text) =>
        text is { Length: Length } && !text.AsSpan().ContainsAnyExcept(Digits) ? new ApiToken(text) : null;

    /// <summary>
    /// The token itself, for an answer that the contract prescribes, a request to the platform, or a vault.
    /// </summary>
    public string Reveal() => value;

    /// <summary>The fingerprint.</summary>
    public override string ToString() => Fingerprint;
}
