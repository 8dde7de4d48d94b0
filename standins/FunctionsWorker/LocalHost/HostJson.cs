using System.Text.Json;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>What the local host reads of host.json: the prefix of every HTTP function's route.</summary>
internal static class HostJson
{
    // Source: "host.json reference for Azure Functions", extensions.http.routePrefix.
    private const string DefaultRoutePrefix = "api";

    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The route prefix that the file sets, without slashes at its ends; without a file, the default.</summary>
    /// <exception cref="FunctionStartException">The file is not JSON, or its prefix is no text.</exception>
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
