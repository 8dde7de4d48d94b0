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

    // A buffer that has grown larger is not kept.
    private const int MostKept = 64 * 1024;

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? kept;

    /// <summary>A value as JSON in UTF-8.</summary>
    public static byte[] Write<T>(T value, JsonTypeInfo<T> type) =>
        Write((value, type), static (writer, what) => JsonSerializer.Serialize(writer, what.value, what.type));

    /// <summary>A document as JSON in UTF-8.</summary>
    public static byte[] Write(JsonNode document) => Write(document, static (writer, document) => document.WriteTo(writer));

    private static byte[] Write<T>(T what, Action<Utf8JsonWriter, T> write)
    {
        var (buffer, writer) = kept ?? Make();
        // If writing fails, they are not used again.
        kept = null;
        write(writer, what);
        writer.Flush();
        var written = buffer.WrittenSpan.ToArray();
        // Overwrites what was written: it can hold a token.
        buffer.Clear();
        writer.Reset();
        if (buffer.Capacity <= MostKept) kept = (buffer, writer);
        return written;

        static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer) Make()
        {
            var buffer = new ArrayBufferWriter<byte>();
            return (buffer, new Utf8JsonWriter(buffer, ForReaders));
        }
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
