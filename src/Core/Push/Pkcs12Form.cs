using System.Formats.Asn1;

namespace Gatehouse.Push;

/// <summary>Recognizes a PKCS#12 file by its outermost part (RFC 7292, section 4), without opening it.</summary>
internal static class Pkcs12Form
{
    private const string Pkcs7Data = "1.2.840.113549.1.7.1";
    private const string Pkcs7SignedData = "1.2.840.113549.1.7.2";

    /// <summary>Whether the bytes are such a file, complete.</summary>
    public static bool Fits(ReadOnlySpan<byte> file)
    {
        try
        {
            AsnDecoder.ReadSequence(file, AsnEncodingRules.BER, out var start, out var length, out _);
            var pfx = file.Slice(start, length);
            if (!AsnDecoder.TryReadInt32(pfx, AsnEncodingRules.BER, out var version, out var read) || version != 3) return false;

            pfx = pfx[read..];
            AsnDecoder.ReadSequence(pfx, AsnEncodingRules.BER, out start, out length, out _);
            return AsnDecoder.ReadObjectIdentifier(pfx.Slice(start, length), AsnEncodingRules.BER, out _)
                is Pkcs7Data or Pkcs7SignedData;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
