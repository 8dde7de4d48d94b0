using System.Text.Json;
using Gatehouse.Server.Invocation;

namespace Gatehouse.Server;

/// <summary>The part of host.json that this server reads: the prefix of every HTTP route.</summary>
internal static class HostJson
{
    // Source: "host.json reference for Azure Functions", extensions.http.routePrefix.
    private const string DefaultRoutePrefix = "api";

    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The route prefix in the file, without leading and trailing slashes; the default if there is no file.</summary>
    /// <exception cref="FunctionStartException">The file is not JSON, or its prefix is not a string.</exception>
    public static string ReadRoutePrefix(string file)
    {
        if (!File.Exists(file)) return DefaultRoutePrefix;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file), Lenient);
            return Find(json.RootElement, "extensions", "http", "routePrefix")?.GetString()?.Trim('/') ?? DefaultRoutePrefix;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw new FunctionStartException($"{file} is not a valid host.json: {fault.Message}", fault);
        }
    }

    private static JsonElement? Find(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (Find(element, name) is not { } found) return null;
            element = found;
        }
        return element;
    }

    private static JsonElement? Find(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object) return null;
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return property.Value;
        }
        return null;
    }
}
