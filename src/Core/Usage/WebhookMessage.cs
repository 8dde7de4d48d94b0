using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Gatehouse.Common;

namespace Gatehouse.Usage;

/// <summary>
/// Webhooks of the platform about messages: <c>group_channel:message_send</c> and <c>open_channel:message_send</c>.
/// </summary>
public static class WebhookMessage
{
    // Where a webhook has the members of an event.
    private static readonly (string Member, string Sent)[] Members =
    [
        ("message_id", "payload.message_id"), ("user_id", "sender.user_id"), ("channel_url", "channel.channel_url"), ("sent_at", "payload.created_at"),
    ];

    private static readonly string[] Categories = ["group_channel:message_send", "open_channel:message_send"];

    /// <summary>The message of a webhook; null for other webhooks.</summary>
    /// <param name="body">The JSON in UTF-8.</param>
    /// <param name="now">The current time.</param>
    /// <exception cref="UsageRequestException">The body is not a JSON object, or the message lacks a member.</exception>
    public static UsageEvent? Read(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var webhook = Parse(body);
        if (webhook.ValueKind != JsonValueKind.Object) throw new UsageRequestException("The body must be a JSON object.");
        var category = Member(webhook, "category");
        if (category.ValueKind != JsonValueKind.String || !Categories.Any(category.ValueEquals)) return null;

        // The same members as in an event, at other places: they follow the same rules and give the same hashes. An
        // announcement has no sender.
        var payload = Member(webhook, "payload");
        var message = Member(payload, "message_id");
        var user = Member(Member(webhook, "sender"), "user_id");
        var channel = Member(Member(webhook, "channel"), "channel_url");
        var sentAt = Member(payload, "created_at");
        var same = $$"""
            {
              "type": "message", "message_id": {{Raw(message)}}, "user_id": {{Raw(user)}},
              "channel_url": {{Raw(channel)}}, "sent_at": {{Raw(sentAt)}}
            }
            """;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(same));
        reader.Read();
        var fields = new UsageEventFields(now, userRequired: false);
        fields.Read(ref reader);
        return fields.TryMake(out var made, out var fault) ? made : throw new UsageRequestException(AsSent(fault));
    }

    // A message begins with the member's name.
    private static string AsSent(string fault)
    {
        foreach (var (member, sent) in Members)
            if (fault.StartsWith(member + " ", StringComparison.Ordinal)) return sent + fault[member.Length..];
        return fault;
    }

    private static JsonElement Parse(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) throw new UsageRequestException("The body is not valid UTF-8.");
        try
        {
            var webhook = JsonElement.Parse(body);
            return JsonText.IsUnicode(body) ? webhook : throw new UsageRequestException("The body holds text that is not valid Unicode.");
        }
        catch (JsonException)
        {
            throw new UsageRequestException("The body is not valid JSON.");
        }
    }

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : default;

    private static string Raw(JsonElement element) =>
        element.ValueKind == JsonValueKind.Undefined ? "null" : element.GetRawText();
}
