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
        // A decimal holds 28 digits exactly. A smaller fraction is dropped, as in a double.
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            || !decimal.IsInteger(value) || value is < long.MinValue or > long.MaxValue)
        {
            return false;
        }
        number = (long)value;
        return true;
    }
}
