using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Gatehouse.Storage;

/// <summary>
/// Where the next page of a list starts: the position of the last entry, signed with the list's own key, so that only tokens
/// of this list are accepted, by any instance.
/// </summary>
public static class PageToken
{
    private const int PositionSize = 16;
    private const int TagSize = 16;

    /// <summary>The token of a position of 16 bytes, passed as a <see cref="Guid"/>.</summary>
    public static string Write(Guid position, ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[PositionSize + TagSize];
        position.TryWriteBytes(bytes);
        Tag(bytes[..PositionSize], key, bytes[PositionSize..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The position in a token; null where the token is not valid.</summary>
    public static Guid? Read(string text, ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[PositionSize + TagSize];
        Span<byte> tag = stackalloc byte[TagSize];
        if (text.Length != Base64Url.GetEncodedLength(bytes.Length)
            || Base64Url.DecodeFromChars(text, bytes, out _, out var written) != OperationStatus.Done || written != bytes.Length)
        {
            return null;
        }

        Tag(bytes[..PositionSize], key, tag);
        return CryptographicOperations.FixedTimeEquals(bytes[PositionSize..], tag) ? new Guid(bytes[..PositionSize]) : null;
    }

    private static void Tag(ReadOnlySpan<byte> position, ReadOnlySpan<byte> key, Span<byte> tag)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, position, whole);
        whole[..tag.Length].CopyTo(tag);
    }
}
