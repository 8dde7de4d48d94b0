using System.Globalization;
using System.Text.Json;

namespace Azure.Data.Tables.Rest;

/// <summary>Entities out of the service's JSON, with their properties' types.</summary>
internal static class EntityReader
{
    /// <summary>The entity that a response is.</summary>
    public static T Entity<T>(Response response) where T : class, ITableEntity
    {
        using var document = JsonDocument.Parse(response.Content.ToMemory());
        return Entity<T>(document.RootElement);
    }

    /// <summary>The entities of a page.</summary>
    public static IReadOnlyList<T> Page<T>(Response response) where T : class, ITableEntity
    {
        using var document = JsonDocument.Parse(response.Content.ToMemory());
        return [.. document.RootElement.GetProperty("value").EnumerateArray().Select(Entity<T>)];
    }

    private static T Entity<T>(JsonElement json) where T : class, ITableEntity
    {
        var properties = new Dictionary<string, object?>();
        List<(string Name, string Type)> types = [];
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name.EndsWith(EntityWriter.TypeSuffix, StringComparison.Ordinal))
                types.Add((member.Name[..^EntityWriter.TypeSuffix.Length], member.Value.GetString()!));
            else properties[member.Name] = Plain(member.Value);
        }
        foreach (var (name, type) in types) properties[name] = Typed(type, properties[name]);
        // A property of the service's own, whose type it does not name.
        if (properties.TryGetValue(TableEntity.TimestampName, out var value) && value is string text)
            properties[TableEntity.TimestampName] = Instant(text);
        return new TableEntity(properties!) as T ?? throw new NotSupportedException("An entity is a TableEntity here.");
    }

    private static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        // Each in its own type: of three numbers, the compiler would make three doubles.
        JsonValueKind.Number when value.TryGetInt32(out var small) => (object)small,
        JsonValueKind.Number when value.TryGetInt64(out var large) => large,
        JsonValueKind.Number => value.GetDouble(),
        _ => throw new NotSupportedException($"Not supported value kind {value.ValueKind}"),
    };

    private static object? Typed(string type, object? value) => (type, value) switch
    {
        (_, null) => null,
        ("Edm.Binary", string text) => Convert.FromBase64String(text),
        ("Edm.DateTime", string text) => Instant(text),
        ("Edm.Guid", string text) => Guid.Parse(text),
        ("Edm.Int64", string text) => long.Parse(text, CultureInfo.InvariantCulture),
        ("Edm.Double", string text) => double.Parse(text, CultureInfo.InvariantCulture),
        ("Edm.Double", IConvertible number) => number.ToDouble(CultureInfo.InvariantCulture),
        ("Edm.String" or "Edm.Int32" or "Edm.Boolean", _) => value,
        _ => throw new NotSupportedException("Not supported type " + type),
    };

    private static DateTimeOffset Instant(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
}
