using System.Text.Json.Serialization;
using Gatehouse.Usage;

namespace Gatehouse.Functions.Ops;

/// <summary>The result of a request with events.</summary>
internal sealed record ReceiptDocument(
    [property: JsonPropertyName("accepted")] int Accepted,
    [property: JsonPropertyName("duplicates")] int Duplicates,
    [property: JsonPropertyName("refused")] IReadOnlyList<NoteDocument> Refused,
    [property: JsonPropertyName("hidden")] IReadOnlyList<NoteDocument> Hidden)
{
    public static ReceiptDocument Of(UsageReceipt receipt) => new(
        receipt.Accepted, receipt.Duplicates,
        [.. receipt.Refused.Select(NoteDocument.Of)], [.. receipt.Hidden.Select(NoteDocument.Of)]);
}

/// <summary>An event that was refused or hidden, with the reason.</summary>
internal sealed record NoteDocument(
    [property: JsonPropertyName("index")] int Index,
    [property: JsonPropertyName("reason")] string Reason)
{
    public static NoteDocument Of(UsageNote note) => new(note.Index, note.Reason switch
    {
        UsageReason.UserLimit => "user_limit",
        UsageReason.ChannelLimit => "channel_limit",
        UsageReason.NodeLimit => "node_limit",
        UsageReason.TooOld => "too_old",
        _ => throw new ArgumentException("The reason is not known.", nameof(note)),
    });
}

/// <summary>An application's limits on messages a second.</summary>
internal sealed record LimitsDocument(
    [property: JsonPropertyName("user_messages_per_second")] int UserMessagesPerSecond,
    [property: JsonPropertyName("channel_messages_per_second")] int ChannelMessagesPerSecond)
{
    public static LimitsDocument Of(MessageLimits limits) => new(limits.UserMessagesPerSecond, limits.ChannelMessagesPerSecond);
}

[JsonSerializable(typeof(ReceiptDocument))]
[JsonSerializable(typeof(LimitsDocument))]
internal sealed partial class UsageContext : JsonSerializerContext;
