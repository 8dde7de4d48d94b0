using System.Text;

namespace Gatehouse.Push;

/// <summary>Reads an uploaded file as text, by its byte order mark where it has one: Windows' editors and shells write them.</summary>
internal static class FileText
{
    private static readonly Encoding[] Marked =
    [
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    /// <summary>The text without its mark, UTF-8 where it has none; null where the bytes are not text.</summary>
    public static string? Read(ReadOnlySpan<byte> file)
    {
        var (encoding, start) = (Marked[0], 0);
        foreach (var candidate in Marked)
        {
            if (!file.StartsWith(candidate.Preamble)) continue;
            (encoding, start) = (candidate, candidate.Preamble.Length);
            break;
        }
        try
        {
            var text = encoding.GetString(file[start..]);
            foreach (var c in text)
                if (char.IsControl(c) && !char.IsWhiteSpace(c)) return null;
            return text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The file as UTF-8 without a byte order mark. A file that does not start with a mark is not changed.</summary>
    /// <remarks>JSON that is sent to others has no mark (RFC 8259, section 8.1).</remarks>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> file)
    {
        foreach (var candidate in Marked)
        {
            if (!file.Span.StartsWith(candidate.Preamble)) continue;
            var content = file[candidate.Preamble.Length..];
            if (candidate is UTF8Encoding) return content;
            try
            {
                return Encoding.UTF8.GetBytes(candidate.GetString(content.Span));
            }
            catch (DecoderFallbackException)
            {
                return file;
            }
        }
        return file;
    }
}
