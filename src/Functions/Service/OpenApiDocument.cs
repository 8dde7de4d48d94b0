using System.Text.Json.Nodes;
using Gatehouse.Common;

namespace Gatehouse.Functions.Service;

/// <summary>
/// The OpenAPI document, merged once from the files in OpenApi/: one file for each resource, with its paths and schemas. Tests
/// compare it with the functions and with real answers.
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
        document["info"]!["version"] = BuildVersion.Text;
        return JsonText.Write(document);
    }

    // Only objects are merged. Two files must not define the same value.
    private static void Merge(JsonObject into, JsonObject from)
    {
        foreach (var (name, value) in from.ToList())
        {
            from.Remove(name);
            if (into[name] is not { } there) into[name] = value;
            else if (there is JsonObject inner && value is JsonObject other) Merge(inner, other);
            else throw new InvalidOperationException($"The OpenAPI files define '{name}' twice.");
        }
    }

    private static JsonObject Read(string name)
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(name)!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
