using System.Security.Cryptography;
using System.Text;
using Gatehouse.Common;

namespace Gatehouse.Platform;

/// <summary>
/// The SHA-256 of a token's 40 characters. The hashes of the tokens that were last presented are remembered, because to compute one
/// takes a tenth of a request's time.
/// </summary>
/// <remarks>
/// What is remembered cannot become outdated, and holds no token: it is found by a <see cref="SipHash"/> of the token under a key of
/// this process. Two tokens have the same one with a chance of 1 in 2^128.
/// </remarks>
internal sealed class TokenHash
{
    private const int Places = 1 << 16;

    private static readonly TokenHash?[] Remembered = new TokenHash?[Places];
    private static readonly SipHash Recognition = SipHash.WithRandomKey();

    private readonly UInt128 recognized;

    private TokenHash(UInt128 recognized, ReadOnlySpan<byte> token)
    {
        this.recognized = recognized;
        Bytes = SHA256.HashData(token);
        Text = Convert.ToHexStringLower(Bytes);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] Bytes { get; }

    /// <summary>The same in lower-case hex.</summary>
    public string Text { get; }

    /// <summary>The hash of a token.</summary>
    public static TokenHash Of(string token)
    {
        Span<byte> ascii = stackalloc byte[ApiToken.Length];
        Encoding.ASCII.GetBytes(token, ascii);
        var recognized = Recognition.Of(ascii);
        ref var place = ref Remembered[(int)((uint)recognized % Places)];
        return place is { } known && known.recognized == recognized ? known : place = new TokenHash(recognized, ascii);
    }
}
