using System.Text.Json;
using Gatehouse.FunctionsHost.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Gatehouse.FunctionsHost;

/// <summary>
/// The binding data of a request: the top-level fields of a JSON body, replaced by the query's fields, replaced by the route's
/// values. The worker finds the value of a parameter here, by the parameter's name, unless the parameter is the trigger.
/// </summary>
internal static class BindingData
{
    // The host reserves this name for its own keys.
    private const string KeyField = "code";

    /// <summary>Collects the binding data of a request. Names are case-insensitive.</summary>
    public static Dictionary<string, TypedData> Of(HttpRequest request, RouteValueDictionary route, ReadOnlyMemory<byte> body)
    {
        var data = new Dictionary<string, TypedData>(StringComparer.OrdinalIgnoreCase);
        AddBody(data, body);
        foreach (var (name, values) in request.Query)
        {
            if (!name.Equals(KeyField, StringComparison.OrdinalIgnoreCase)) data[name] = Text(values.ToString());
        }
        foreach (var (name, value) in route)
        {
            if (value is not null) data[name] = Text(value.ToString()!);
        }
        data.TryAdd("Query", Json(request.Query.ToDictionary(field => field.Key, field => field.Value.ToString())));
        data.TryAdd("Headers", Json(request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString())));
        return data;
    }

    // The body's Content-Type does not matter: every body that is a JSON object has fields.
    private static void AddBody(Dictionary<string, TypedData> data, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty) return;
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (field.Value.ValueKind == JsonValueKind.Null) continue;
                data[field.Name] = field.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array
                    ? new TypedData { Json = field.Value.GetRawText() }
                    : Text(field.Value.ToString());
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The body is not JSON, or holds an invalid string; then it has no fields.
            data.Clear();
        }
    }

    private static TypedData Text(string text) => new() { String = text };

    private static TypedData Json(Dictionary<string, string> fields) => new() { Json = JsonSerializer.Serialize(fields) };
}
