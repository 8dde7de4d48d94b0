using System.Text;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>Decodes the texts of a form by their charset (RFC 7578, section 4.5). Nothing is replaced: a password would change.</summary>
internal static class FormText
{
    private const string Utf8 = "utf-8";
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>The text.</summary>
    /// <param name="name">The part's name.</param>
    /// <param name="bytes">The part's bytes.</param>
    /// <param name="charset">The charset that the form names for it; null for none, which is UTF-8.</param>
    /// <exception cref="RequestException">The charset is not known, or the bytes are not text in it.</exception>
    public static string Read(string name, ReadOnlySpan<byte> bytes, string? charset)
    {
        var encoding = Find(charset ?? Utf8) ?? throw RequestException.Invalid(
            $"{name} is in the charset {MultipartFaults.Shown(charset!)}, which is not known here. Send it in UTF-8.");
        // UTF-16 without an order is in the order of its mark (RFC 2781, section 4.3).
        if (encoding is UnicodeEncoding && bytes.StartsWith<byte>([0xFE, 0xFF])) encoding = Find("utf-16BE")!;
        try
        {
            return encoding.GetString(bytes).TrimStart(ByteOrderMark);
        }
        catch (DecoderFallbackException)
        {
            throw RequestException.Invalid(charset is null
                ? $"{name} is not valid UTF-8. A part in another charset must name it in its Content-Type."
                : $"{name} is not text in its charset, {MultipartFaults.Shown(charset)}.");
        }
    }

    private static Encoding? Find(string charset)
    {
        // What many tools write. The registered name has a hyphen.
        if (charset.Equals("utf8", StringComparison.OrdinalIgnoreCase)) charset = Utf8;
        try
        {
            return Encoding.GetEncoding(charset, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // Not one of .NET's own, or one that it refuses for its dangers (UTF-7).
            return CodePagesEncodingProvider.Instance.GetEncoding(
                charset, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
    }
}
