using System.Text.Json;
using System.Text.Unicode;
using Gatehouse.Common;

namespace Gatehouse.Usage;

/// <summary>
/// Reads a request's events from its JSON, <c>{"events":[...]}</c>, and hashes the ids. Times must be between
/// 2010 and 24 hours from now. A message's id is a string or a 64-bit integer, and 5 is the same id as "5".
/// </summary>
public static class UsageEventReader
{
    /// <summary>How far a time may be in the future: clocks differ.</summary>
    public static readonly TimeSpan MostAhead = TimeSpan.FromHours(24);

    /// <summary>The earliest time of an event.</summary>
    public static readonly DateTimeOffset Earliest = new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads the events of a body.</summary>
    /// <param name="body">The JSON in UTF-8.</param>
    /// <param name="now">The current time.</param>
    /// <exception cref="UsageRequestException">The body is not such JSON, has more than
    /// <see cref="UsageRecorder.MostEvents"/> events, or an event is not valid; the message names the first one.</exception>
    public static IReadOnlyList<UsageEvent> Read(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (body.StartsWith(byteOrderMark)) body = body[byteOrderMark.Length..];
        if (!Utf8.IsValid(body)) throw new UsageRequestException("The body is not valid UTF-8.");
        var reader = new Utf8JsonReader(body);
        try
        {
            return ReadBody(ref reader, now);
        }
        catch (JsonException)
        {
            throw new UsageRequestException("The body is not valid JSON.");
        }
        catch (InvalidOperationException) when (!JsonText.IsUnicode(body))
        {
            throw new UsageRequestException("The body holds text that is not valid Unicode.");
        }
    }

    private static List<UsageEvent> ReadBody(ref Utf8JsonReader reader, DateTimeOffset now)
    {
        List<UsageEvent>? events = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new UsageRequestException("The body must be a JSON object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("events"u8))
                throw new UsageRequestException(NearestName.Unknown("field", reader.GetString()!, ["events"]));
            reader.Read();
            if (events is not null) throw new UsageRequestException("events must be given once.");
            if (reader.TokenType != JsonTokenType.StartArray) throw new UsageRequestException("events must be a list.");
            events = ReadEvents(ref reader, now);
        }
        // Throws if the object is followed by anything.
        reader.Read();
        return events ?? throw new UsageRequestException("events is required.");
    }

    private static List<UsageEvent> ReadEvents(ref Utf8JsonReader reader, DateTimeOffset now)
    {
        var events = new List<UsageEvent>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (events.Count == UsageRecorder.MostEvents)
                throw new UsageRequestException($"A request has at most {UsageRecorder.MostEvents} events.");
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new UsageRequestException("An event must be a JSON object.", events.Count);
            var fields = new UsageEventFields(now);
            fields.Read(ref reader);
            if (!fields.TryMake(out var made, out var fault)) throw new UsageRequestException(fault, events.Count);
            events.Add(made);
        }
        return events;
    }
}
