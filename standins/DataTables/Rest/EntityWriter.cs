using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Azure.Data.Tables.Rest;

/// <summary>Entities as JSON that says their types.</summary>
internal static class EntityWriter
{
    /// <summary>What follows a property's name in the name of its type.</summary>
    public const string TypeSuffix = "@odata.type";

    /// <summary>The entity to create a table by.</summary>
    public static ReadOnlyMemory<byte> TableName(string table) => Write(writer => writer.WriteString("TableName", table));

    /// <summary>An entity, with the types that JSON has no way to show.</summary>
    public static ReadOnlyMemory<byte> Entity(ITableEntity entity)
    {
        if (entity is not IDictionary<string, object?> properties)
            throw new NotSupportedException("An entity is a TableEntity here.");
        return Write(writer =>
        {
            foreach (var (name, value) in properties) Write(writer, name, value);
        });
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return bytes.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, string name, object? value)
    {
        writer.WritePropertyName(name);
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case int number:
                writer.WriteNumberValue(number);
                break;
            case long number:
                writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                WriteType(writer, name, "Edm.Int64");
                break;
            case double number:
                // The official client writes NaN, but has no words for the infinities: a caller writes those as text.
                if (double.IsNaN(number)) writer.WriteStringValue("NaN");
                else writer.WriteNumberValue(number);
                WriteType(writer, name, "Edm.Double");
                break;
            case byte[] bytes:
                writer.WriteBase64StringValue(bytes);
                WriteType(writer, name, "Edm.Binary");
                break;
            case Guid guid:
                writer.WriteStringValue(guid);
                WriteType(writer, name, "Edm.Guid");
                break;
            case DateTimeOffset instant:
                writer.WriteStringValue(instant.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
                WriteType(writer, name, "Edm.DateTime");
                break;
            default:
                throw new NotSupportedException($"Not supported type {value.GetType()}");
        }
    }

    private static void WriteType(Utf8JsonWriter writer, string name, string type) => writer.WriteString(name + TypeSuffix, type);
}
