using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Service;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>
/// Checks answers against the OpenAPI document. Knows the part of JSON Schema 2020-12 that the document uses. An unknown keyword
/// fails the check.
/// </summary>
internal sealed class ApiDocument
{
    private static readonly HashSet<string> Annotations = ["description", "default", "example", "contentMediaType", "deprecated"];

    private readonly ILookup<string, (string[] Segments, JsonElement Operation)> byMethod;

    private ApiDocument(JsonElement root)
    {
        Root = root;
        // Literals before parameters, as in routing.
        byMethod = Operations.OrderBy(one => one.Path.Count(character => character == '{'))
            .ToLookup(one => one.Method, one => (one.Path.Split('/'), one.Operation));
    }

    public static ApiDocument Own { get; } = new(JsonElement.Parse(OpenApiDocument.Bytes.Span));

    public JsonElement Root { get; }

    /// <summary>Every operation, with its path and method.</summary>
    public IEnumerable<(string Path, string Method, JsonElement Operation)> Operations =>
        from path in Root.GetProperty("paths").EnumerateObject()
        from method in path.Value.EnumerateObject()
        where method.Name != "parameters"
        select (path.Name, method.Name.ToUpperInvariant(), method.Value);

    /// <summary>The parameters of an operation and of its path.</summary>
    public IEnumerable<JsonElement> Parameters(string path, JsonElement operation)
    {
        foreach (var holder in (JsonElement[])[Root.GetProperty("paths").GetProperty(path), operation])
        {
            if (!holder.TryGetProperty("parameters", out var parameters)) continue;
            foreach (var parameter in parameters.EnumerateArray()) yield return Follow(parameter);
        }
    }

    /// <summary>The operation that answers a request; null if there is none.</summary>
    public JsonElement? Find(string method, string path)
    {
        var segments = path.Split('?')[0].Split('/');
        foreach (var (wanted, operation) in byMethod[method])
        {
            if (wanted.Length == segments.Length
                && wanted.Zip(segments).All(pair => pair.First == pair.Second || (pair.First.StartsWith('{') && pair.Second.Length > 0)))
            {
                return operation;
            }
        }
        return null;
    }

    /// <summary>The difference between an answer and the document; null if they agree.</summary>
    public string? Fault(JsonElement operation, int status, string? contentType, string text)
    {
        if (!operation.GetProperty("responses").TryGetProperty(status.ToString(CultureInfo.InvariantCulture), out var response))
            return $"{status} is not among its answers";
        if (!Follow(response).TryGetProperty("content", out var content)) return text.Length == 0 ? null : "it has a body";
        var type = contentType?.Split(';')[0] ?? "";
        if (!content.TryGetProperty(type, out var media)) return $"its type is {type}";
        // An answer that is not JSON is text. Its schema says nothing more.
        return type.EndsWith("json", StringComparison.Ordinal) ? Fault(media.GetProperty("schema"), JsonElement.Parse(text), "$") : null;
    }

    /// <summary>The place and the reason where a value does not fit a schema; null if it fits.</summary>
    public string? Fault(JsonElement schema, JsonElement value, string at)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            if (Fault(schema, keyword, value, at) is { } fault) return fault;
        }
        return null;
    }

    public JsonElement Follow(JsonElement element)
    {
        while (element.TryGetProperty("$ref", out var reference))
            element = reference.GetString()![2..].Split('/').Aggregate(Root, (parent, name) => parent.GetProperty(name));
        return element;
    }

    private string? Fault(JsonElement schema, JsonProperty keyword, JsonElement value, string at)
    {
        var (name, wanted) = (keyword.Name, keyword.Value);
        if (Annotations.Contains(name)) return null;
        return name switch
        {
            "$ref" => Fault(Follow(schema), value, at),
            "type" => Check(Names(wanted).Any(type => IsOf(type, value)), $"{at} is no {wanted}: {value}"),
            "enum" => Check(wanted.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)), $"{at} is {value}, not of {wanted}"),
            "const" => Check(JsonElement.DeepEquals(wanted, value), $"{at} is {value}, not {wanted}"),
            "anyOf" => Check(wanted.EnumerateArray().Any(one => Fault(one, value, at) is null), $"{at} is none of {wanted}: {value}"),
            "minimum" or "maximum" or "minLength" or "maxLength" or "maxItems" => Bound(name, wanted.GetInt64(), value, at),
            "pattern" => Check(!IsText(value) || Regex.IsMatch(value.GetString()!, wanted.GetString()!), $"{at} is not {wanted}: {value}"),
            "format" => Check(!IsText(value) || IsOfFormat(wanted.GetString()!, value.GetString()!), $"{at} is no {wanted}: {value}"),
            "items" => Children(wanted, value, at),
            "required" => IsObject(value) ? wanted.EnumerateArray().Select(one => one.GetString()!)
                .Where(one => !value.TryGetProperty(one, out _)).Select(one => $"{at} lacks {one}").FirstOrDefault() : null,
            "properties" => IsObject(value) ? wanted.EnumerateObject()
                .Select(one => value.TryGetProperty(one.Name, out var member) ? Fault(one.Value, member, $"{at}.{one.Name}") : null)
                .FirstOrDefault(fault => fault is not null) : null,
            "additionalProperties" => Others(schema, wanted, value, at),
            _ => throw new InvalidOperationException($"The keyword {name} is not known here."),
        };
    }

    private string? Children(JsonElement schema, JsonElement value, string at) => value.ValueKind != JsonValueKind.Array ? null
        : value.EnumerateArray().Select((one, index) => Fault(schema, one, $"{at}[{index}]")).FirstOrDefault(fault => fault is not null);

    private string? Others(JsonElement schema, JsonElement wanted, JsonElement value, string at)
    {
        if (!IsObject(value)) return null;
        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out _)) continue;
            if (wanted.ValueKind == JsonValueKind.False) return $"{at} has {member.Name}";
            if (Fault(wanted, member.Value, $"{at}.{member.Name}") is { } fault) return fault;
        }
        return null;
    }

    private static string? Bound(string name, long bound, JsonElement value, string at)
    {
        long? size = (name, value.ValueKind) switch
        {
            ("minimum" or "maximum", JsonValueKind.Number) => value.GetInt64(),
            ("minLength" or "maxLength", JsonValueKind.String) => value.GetString()!.Length,
            ("maxItems", JsonValueKind.Array) => value.GetArrayLength(),
            _ => null,
        };
        var fits = size is not { } known || (name.StartsWith("min", StringComparison.Ordinal) ? known >= bound : known <= bound);
        return Check(fits, $"{at} is {value}, against its {name} of {bound}");
    }

    private static IEnumerable<string> Names(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(one => one.GetString()!) : [type.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => IsObject(value),
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => IsText(value),
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new InvalidOperationException($"The type {type} is not known here."),
    };

    private static bool IsOfFormat(string format, string text) => format switch
    {
        "date-time" => DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        _ => throw new InvalidOperationException($"The format {format} is not known here."),
    };

    private static bool IsObject(JsonElement value) => value.ValueKind == JsonValueKind.Object;

    private static bool IsText(JsonElement value) => value.ValueKind == JsonValueKind.String;

    private static string? Check(bool fits, string fault) => fits ? null : fault;
}
