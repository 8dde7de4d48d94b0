using System.Text.Json.Serialization;
using Gatehouse.Common;

namespace Gatehouse.Alerts;

/// <summary>The body of an alert: <c>{"type", "timestamp", "data"}</c> (Standard Webhooks, "Payload structure").</summary>
internal sealed record AlertMessage(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("timestamp")] string Timestamp,
    [property: JsonPropertyName("data")] IReadOnlyDictionary<string, string> Data)
{
    /// <summary>The body. It is the same at every attempt.</summary>
    public static byte[] BodyOf(Alert alert)
    {
        var data = new Dictionary<string, string> { ["app_id"] = alert.Application.ToString() };
        foreach (var (name, value) in alert.Facts) data[name] = value;
        return JsonText.Write(new AlertMessage(alert.Type, Rfc3339.Text(alert.At), data), AlertJson.Default.AlertMessage);
    }
}

[JsonSerializable(typeof(AlertMessage))]
internal sealed partial class AlertJson : JsonSerializerContext;
