using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gatehouse.Common;

/// <summary>
/// The SHA-256 of a token or a key. The hashes of those that were last presented are remembered, because to compute one takes a
/// twentieth of a request's time.
/// </summary>
/// <remarks>
/// What is remembered cannot become outdated, and holds no secret: it is found by 128 bits of XXH3 under a random seed of this process.
/// Two secrets have the same with a chance of 1 in 2^128. XXH3 is not made against attackers, but here it need not be: they see no
/// hash, and to find a second text for a secret one must have the secret.
/// </remarks>
internal sealed class KnownHash
{
    // Some 250 bytes each, when they are used.
    private const int Places = 1 << 16;

    private static readonly KnownHash?[] Remembered = new KnownHash?[Places];
    private static readonly long Seed = MemoryMarshal.Read<long>(RandomNumberGenerator.GetBytes(sizeof(long)));

    private readonly UInt128 recognized;

    private KnownHash(UInt128 recognized, ReadOnlySpan<byte> secret)
    {
        this.recognized = recognized;
        Bytes = SHA256.HashData(secret);
        Text = Convert.ToHexStringLower(Bytes);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] Bytes { get; }

    /// <summary>The same in lower-case hex.</summary>
    public string Text { get; }

    /// <summary>The hash of a secret.</summary>
    public static KnownHash Of(ReadOnlySpan<byte> secret)
    {
        var recognized = XxHash128.HashToUInt128(secret, Seed);
        ref var place = ref Remembered[(int)((uint)recognized % Places)];
        return place is { } known && known.recognized == recognized ? known : place = new KnownHash(recognized, secret);
    }
}
