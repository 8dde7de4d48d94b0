using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Gatehouse.Common;

/// <summary>Text in JSON.</summary>
public static class JsonText
{
    /// <summary>
    /// Writes JSON without needless escapes: an apostrophe stays one, not <c>\u0027</c>. The JSON must not become a part of an HTML
    /// page.
    /// </summary>
    public static JsonWriterOptions ForReaders { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value as JSON in UTF-8.</summary>
    public static byte[] Write<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, ForReaders);
        JsonSerializer.Serialize(writer, value, type);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A document as JSON in UTF-8.</summary>
    public static byte[] Write(JsonNode document)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, ForReaders);
        document.WriteTo(writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

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
