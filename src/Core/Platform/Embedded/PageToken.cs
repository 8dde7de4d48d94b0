using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// Where a list of applications goes on: the last id that was listed, authenticated, so that only what was given out is
/// taken back, by whichever instance.
/// </summary>
public static class PageToken
{
    private const int IdSize = 16;
    private const int TagSize = 16;

    /// <summary>The token of a list that goes on after an id.</summary>
    public static string Write(ApplicationId last, ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[IdSize + TagSize];
        Guid.Parse(last.ToString()).TryWriteBytes(bytes);
        Tag(bytes[..IdSize], key, bytes[IdSize..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The id in a token, or null where it is none of ours.</summary>
    public static ApplicationId? Read(string text, ReadOnlySpan<byte> key)
    {
        Span<byte> bytes = stackalloc byte[IdSize + TagSize];
        Span<byte> tag = stackalloc byte[TagSize];
        if (text.Length != Base64Url.GetEncodedLength(bytes.Length)
            || Base64Url.DecodeFromChars(text, bytes, out _, out var written) != OperationStatus.Done || written != bytes.Length)
        {
            return null;
        }

        Tag(bytes[..IdSize], key, tag);
        return CryptographicOperations.FixedTimeEquals(bytes[IdSize..], tag) ? ApplicationId.From(new Guid(bytes[..IdSize])) : null;
    }

    private static void Tag(ReadOnlySpan<byte> id, ReadOnlySpan<byte> key, Span<byte> tag)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, id, whole);
        whole[..tag.Length].CopyTo(tag);
    }
}
