using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gatehouse.Functions.Service;

/// <summary>
/// The OpenAPI document: put together, once, of the files beside this one, each of which has the paths and schemas of one
/// resource. Tests hold it against the functions and against real answers.
/// </summary>
internal static class OpenApiDocument
{
    private const string Prefix = "Gatehouse.OpenApi.";
    private const string Root = Prefix + "openapi.json";

    private static readonly Lazy<byte[]> Document = new(Compose);

    /// <summary>The document, as JSON in UTF-8.</summary>
    public static ReadOnlyMemory<byte> Bytes => Document.Value;

    private static byte[] Compose()
    {
        var document = Read(Root);
        foreach (var name in typeof(OpenApiDocument).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && name != Root) Merge(document, Read(name));
        }
        return JsonSerializer.SerializeToUtf8Bytes(document);
    }

    // Objects are merged, and nothing else: two files that say the same thing otherwise are a mistake.
    private static void Merge(JsonObject into, JsonObject from)
    {
        foreach (var (name, value) in from.ToList())
        {
            from.Remove(name);
            if (into[name] is not { } there) into[name] = value;
            else if (there is JsonObject inner && value is JsonObject other) Merge(inner, other);
            else throw new InvalidOperationException($"The OpenAPI files say twice what '{name}' is.");
        }
    }

    private static JsonObject Read(string name)
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(name)!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
