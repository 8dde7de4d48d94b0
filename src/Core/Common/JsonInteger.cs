using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gatehouse.Common;

/// <summary>
/// Integers in JSON, as JSON Schema defines them: any number without a fraction, so <c>3600</c>, <c>3600.0</c> and <c>3.6e3</c>
/// are the same (JSON Schema 2020-12, validation, section 6.1.1). Clients that have only doubles write the last two.
/// </summary>
public static class JsonInteger
{
    // Of a number of 64 bits.
    private const int MostDigits = 19;

    /// <summary>Reads an integer; false where the value is not a number, has a fraction, or does not fit into 64 bits.</summary>
    public static bool TryRead(JsonElement value, out long number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && TryRead(JsonMarshal.GetRawUtf8Value(value), out number);
    }

    /// <summary>Reads an integer from the text of a JSON number in UTF-8.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long number)
    {
        if (Utf8Parser.TryParse(text, out number, out var read) && read == text.Length) return true;
        var mark = text.IndexOfAny((byte)'e', (byte)'E');
        var mantissa = mark < 0 ? text : text[..mark];
        var point = mantissa.IndexOf((byte)'.');
        var whole = point < 0 ? mantissa : mantissa[..point];
        var digits = point < 0 ? whole.ToArray() : [.. whole, .. mantissa[(point + 1)..]];
        // The sign is not a digit, and zeros at the end are a part of the exponent.
        var significant = digits.AsSpan().TrimEnd((byte)'0');
        number = 0;
        if (significant.TrimStart("-0"u8).IsEmpty) return true;
        if (!TryReadExponent(mark < 0 ? [] : text[(mark + 1)..], out var exponent)) return false;
        var zeros = exponent - (digits.Length - whole.Length) + (digits.Length - significant.Length);
        if (zeros is < 0 or > MostDigits) return false;
        byte[] written = [.. significant, .. Enumerable.Repeat((byte)'0', (int)zeros)];
        return long.TryParse(written, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    // One that does not fit into 32 bits makes a fraction or a number that is too large: a body has no room for the digits to match.
    private static bool TryReadExponent(ReadOnlySpan<byte> text, out long exponent)
    {
        exponent = 0;
        if (text.IsEmpty) return true;
        var isRead = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var read);
        exponent = read;
        return isRead;
    }
}
