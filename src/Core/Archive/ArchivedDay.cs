using System.Text.Json;
using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Archive;

/// <summary>The archived count of one day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Count">How many messages were sent on it.</param>
/// <param name="Source">Where the count comes from: one of <see cref="CountSources"/>.</param>
/// <param name="Final">Whether it was read when the day was at least three days old. Then it is not corrected any
/// more.</param>
/// <param name="ArchivedAt">When it was read.</param>
/// <param name="WebhookCount">How many messages the webhooks reported; null where that is not stored.</param>
public readonly record struct ArchivedDay(
    DateOnly Day, long Count, string Source, bool Final, DateTimeOffset ArchivedAt, long? WebhookCount)
{
    // About 4 KiB of a row.
    private const int MostReplaced = 50;

    /// <summary>
    /// The final counts that were replaced by another one, the oldest first, as a JSON list of <c>count</c> and
    /// <c>read_at</c>; null if there are none. It holds the first one and the fifty latest.
    /// </summary>
    public string? History { get; init; }

    internal static ArchivedDay Read(TableRow row) => new(
        ArchiveDays.Parse(row.Key), row.GetInt64(nameof(Count)), row.GetString(nameof(Source)), row.GetBoolean(nameof(Final)),
        row.GetDateTimeOffset(nameof(ArchivedAt)), row.Find(nameof(WebhookCount)) as long?)
    {
        History = row.Find(nameof(History)) as string,
    };

    /// <summary>The history of the day once this count is replaced by another one.</summary>
    internal string? HistoryBefore(long count)
    {
        if (!Final || count == Count) return History;
        var replaced = ReplacedBefore();
        replaced.Add(new ReplacedCount(Count, Rfc3339.Text(ArchivedAt)));
        if (replaced.Count > MostReplaced + 1) replaced.RemoveAt(1);
        return JsonSerializer.Serialize(replaced, ReplacedCounts.Default.ListReplacedCount);
    }

    // A damaged history does not keep a count from being written: a new history begins.
    private List<ReplacedCount> ReplacedBefore()
    {
        try
        {
            return History is null ? [] : JsonSerializer.Deserialize(History, ReplacedCounts.Default.ListReplacedCount) ?? [];
        }
        catch (JsonException)
        {
            Measures.RowsUnreadable.Add(1);
            return [];
        }
    }

    internal TableRow ToRow()
    {
        List<RowProperty> properties =
        [
            new(nameof(Count), Count), new(nameof(Source), Source), new(nameof(Final), Final), new(nameof(ArchivedAt), ArchivedAt),
        ];
        if (WebhookCount is { } webhookCount) properties.Add(new(nameof(WebhookCount), webhookCount));
        if (History is not null) properties.Add(new(nameof(History), History));
        return new TableRow(ArchiveDays.Text(Day), null, [.. properties]);
    }
}

/// <summary>A final count that was replaced.</summary>
internal sealed record ReplacedCount(
    [property: JsonPropertyName("count")] long Count, [property: JsonPropertyName("read_at")] string ReadAt);

[JsonSerializable(typeof(List<ReplacedCount>))]
internal sealed partial class ReplacedCounts : JsonSerializerContext;
