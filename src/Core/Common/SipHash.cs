using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gatehouse.Common;

/// <summary>
/// SipHash-2-4 with 128 bits (https://github.com/veorq/SipHash): who does not know the key cannot tell which texts have the same
/// hash. .NET has only slower hashes of this kind.
/// </summary>
internal readonly struct SipHash(ulong key0, ulong key1)
{
    /// <summary>A hash under a new random key.</summary>
    public static SipHash WithRandomKey()
    {
        var key = MemoryMarshal.Cast<byte, ulong>(RandomNumberGenerator.GetBytes(2 * sizeof(ulong)));
        return new SipHash(key[0], key[1]);
    }

    /// <summary>The hash of some bytes.</summary>
    public UInt128 Of(ReadOnlySpan<byte> bytes)
    {
        var state = (A: key0 ^ 0x736f6d6570736575, B: key1 ^ 0x646f72616e646f6d ^ 0xEE, C: key0 ^ 0x6c7967656e657261, D: key1 ^ 0x7465646279746573);
        var last = (ulong)bytes.Length << 56;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) Add(ref state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        for (var at = 0; at < bytes.Length; at++) last |= (ulong)bytes[at] << (8 * at);
        Add(ref state, last);

        state.C ^= 0xEE;
        var lower = End(ref state);
        state.B ^= 0xDD;
        return new UInt128(End(ref state), lower);
    }

    private static void Add(ref (ulong A, ulong B, ulong C, ulong D) state, ulong word)
    {
        state.D ^= word;
        Round(ref state);
        Round(ref state);
        state.A ^= word;
    }

    private static ulong End(ref (ulong A, ulong B, ulong C, ulong D) state)
    {
        for (var round = 0; round < 4; round++) Round(ref state);
        return state.A ^ state.B ^ state.C ^ state.D;
    }

    private static void Round(ref (ulong A, ulong B, ulong C, ulong D) state)
    {
        var (a, b, c, d) = state;
        a += b;
        b = BitOperations.RotateLeft(b, 13) ^ a;
        c += d;
        d = BitOperations.RotateLeft(d, 16) ^ c;
        a = BitOperations.RotateLeft(a, 32) + d;
        d = BitOperations.RotateLeft(d, 21) ^ a;
        c += b;
        b = BitOperations.RotateLeft(b, 17) ^ c;
        state = (a, b, BitOperations.RotateLeft(c, 32), d);
    }
}
