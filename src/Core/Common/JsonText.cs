using System.Text.Json;

namespace Gatehouse.Common;

/// <summary>Checks the text in JSON.</summary>
public static class JsonText
{
    /// <summary>
    /// Whether every name and every string is Unicode. Valid JSON can contain half of a surrogate pair (<c>\ud800</c>), which no
    /// string can hold: reading it would throw.
    /// </summary>
    /// <param name="json">Valid JSON in UTF-8.</param>
    public static bool IsUnicode(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
                if (reader.ValueIsEscaped) reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
