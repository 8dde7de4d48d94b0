using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gatehouse.Common;

namespace Gatehouse.Usage;

/// <summary>
/// The members of one event, in any order. A wrong member matters only if the event's type uses it. Null counts as missing;
/// of a repeated member the last one counts.
/// </summary>
internal struct UsageEventFields(DateTimeOffset now, bool userRequired = true)
{
    // A byte of UTF-8 is at most six of JSON: an escape such as \u0041.
    private const int EscapedBytes = 6;

    private static readonly string[] Names =
        ["type", "message_id", "user_id", "channel_url", "sent_at", "at", "node", "count"];

    private UsageEventKind kind;
    private UInt128 message;
    private ulong user;
    private ulong channel;
    private DateTimeOffset sentAt;
    private DateTimeOffset at;
    private string node = "";
    private int count;

    // What is wrong with each member until it has been read; null for nothing.
    private string? typeFault = "type is required.";
    private string? messageFault = "message_id is required.";
    private string? userFault = userRequired ? "user_id is required." : null;
    private string? channelFault = "channel_url is required.";
    private string? sentAtFault = "sent_at is required.";
    private string? atFault = "at is required.";
    private string? nodeFault = "node is required.";
    private string? countFault = "count is required.";
    private string? unknownFault;

    /// <summary>Reads the object.</summary>
    public void Read(ref Utf8JsonReader reader)
    {
        Span<byte> buffer = stackalloc byte[UsageEvent.IdSize * EscapedBytes];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("message_id"u8))
                ReadMessage(ref reader, buffer);
            else if (reader.ValueTextEquals("user_id"u8))
                ReadId(ref reader, buffer, "user_id", ref user, ref userFault);
            else if (reader.ValueTextEquals("channel_url"u8))
                ReadId(ref reader, buffer, "channel_url", ref channel, ref channelFault);
            else if (reader.ValueTextEquals("sent_at"u8))
                ReadTime(ref reader, "sent_at", ref sentAt, ref sentAtFault);
            else if (reader.ValueTextEquals("at"u8))
                ReadTime(ref reader, "at", ref at, ref atFault);
            else if (reader.ValueTextEquals("type"u8))
                ReadType(ref reader);
            else if (reader.ValueTextEquals("node"u8))
                ReadNode(ref reader, buffer);
            else if (reader.ValueTextEquals("count"u8))
                ReadCount(ref reader);
            else
                SkipUnknown(ref reader);
        }
    }

    /// <summary>Creates the event, or says what is wrong with it.</summary>
    public readonly bool TryMake(out UsageEvent made, [NotNullWhen(false)] out string? fault)
    {
        fault = unknownFault ?? typeFault ?? kind switch
        {
            UsageEventKind.Message => messageFault ?? userFault ?? channelFault ?? sentAtFault,
            UsageEventKind.Active => userFault ?? atFault,
            _ => nodeFault ?? countFault,
        };
        made = fault is not null ? default : kind switch
        {
            UsageEventKind.Message => UsageEvent.OfMessage(message, user, channel, sentAt),
            UsageEventKind.Active => UsageEvent.OfActive(user, at),
            _ => UsageEvent.OfConnections(node, count),
        };
        return fault is null;
    }

    private void ReadType(ref Utf8JsonReader reader)
    {
        if (!TryReadValue(ref reader)) return;
        typeFault = null;
        if (reader.TokenType != JsonTokenType.String) typeFault = "type must be a string.";
        else if (reader.ValueTextEquals("message"u8)) kind = UsageEventKind.Message;
        else if (reader.ValueTextEquals("active"u8)) kind = UsageEventKind.Active;
        else if (reader.ValueTextEquals("connections"u8)) kind = UsageEventKind.Connections;
        else typeFault = "type must be message, active or connections.";
        reader.Skip();
    }

    private void ReadMessage(ref Utf8JsonReader reader, scoped Span<byte> buffer)
    {
        if (!TryReadValue(ref reader)) return;
        if (reader.TokenType == JsonTokenType.Number && JsonInteger.TryRead(reader.ValueSpan, out var number))
        {
            number.TryFormat(buffer, out var digits, provider: CultureInfo.InvariantCulture);
            message = UsageEvent.Hash128(buffer[..digits]);
            messageFault = null;
            return;
        }
        if (reader.TokenType == JsonTokenType.Number) messageFault = "message_id must be a string or a 64-bit integer.";
        else if (TryReadText(ref reader, buffer, UsageEvent.IdSize, "message_id", out var length, ref messageFault))
            message = UsageEvent.Hash128(buffer[..length]);
    }

    private static void ReadId(
        ref Utf8JsonReader reader, scoped Span<byte> buffer, string name, ref ulong id, ref string? fault)
    {
        if (TryReadValue(ref reader) && TryReadText(ref reader, buffer, UsageEvent.IdSize, name, out var length, ref fault))
            id = UsageEvent.Hash64(buffer[..length]);
    }

    private void ReadNode(ref Utf8JsonReader reader, scoped Span<byte> buffer)
    {
        if (TryReadValue(ref reader) && TryReadText(ref reader, buffer, UsageEvent.NodeSize, "node", out var length, ref nodeFault))
            node = Encoding.UTF8.GetString(buffer[..length]);
    }

    private readonly void ReadTime(ref Utf8JsonReader reader, string name, ref DateTimeOffset time, ref string? fault)
    {
        if (!TryReadValue(ref reader)) return;
        if (reader.TokenType != JsonTokenType.Number || !JsonInteger.TryRead(reader.ValueSpan, out var milliseconds))
        {
            fault = $"{name} must be a number of milliseconds.";
            reader.Skip();
            return;
        }
        if (milliseconds < UsageEventReader.Earliest.ToUnixTimeMilliseconds()
            || milliseconds > (now + UsageEventReader.MostAhead).ToUnixTimeMilliseconds())
        {
            fault = $"{name} must be from 2010 to 24 hours from now.";
            return;
        }
        time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        fault = null;
    }

    private void ReadCount(ref Utf8JsonReader reader)
    {
        if (!TryReadValue(ref reader)) return;
        countFault = null;
        if (reader.TokenType != JsonTokenType.Number) countFault = "count must be a number.";
        else if (JsonInteger.TryRead(reader.ValueSpan, out var number) && number is >= 0 and <= UsageEvent.MostConnections) count = (int)number;
        else countFault = $"count must be an integer from 0 to {UsageEvent.MostConnections}.";
        reader.Skip();
    }

    // A misspelt member would be ignored, and the event counted as another one.
    private void SkipUnknown(ref Utf8JsonReader reader)
    {
        unknownFault ??= NearestName.Unknown("field", reader.GetString()!, Names);
        reader.Read();
        reader.Skip();
    }

    private static bool TryReadValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType != JsonTokenType.Null;
    }

    private static bool TryReadText(
        ref Utf8JsonReader reader, scoped Span<byte> buffer, int most, string name, out int length, ref string? fault)
    {
        length = 0;
        if (reader.TokenType != JsonTokenType.String)
        {
            fault = $"{name} must be a string.";
            reader.Skip();
            return false;
        }
        try
        {
            length = reader.ValueSpan.Length <= buffer.Length ? reader.CopyString(buffer) : int.MaxValue;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair (\ud800) is valid JSON, but not text.
            fault = $"{name} is not valid Unicode.";
            return false;
        }
        fault = length == 0 ? $"{name} must not be empty." : length > most ? $"{name} must be at most {most} bytes." : null;
        return fault is null;
    }
}
