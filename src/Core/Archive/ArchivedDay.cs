using Gatehouse.Storage;

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
    internal static ArchivedDay Read(TableRow row) => new(
        ArchiveDays.Parse(row.Key), row.GetInt64(nameof(Count)), row.GetString(nameof(Source)), row.GetBoolean(nameof(Final)),
        row.GetDateTimeOffset(nameof(ArchivedAt)), row.Find(nameof(WebhookCount)) as long?);

    internal TableRow ToRow()
    {
        var key = ArchiveDays.Text(Day);
        return WebhookCount is { } webhookCount
            ? new TableRow(
                key, (nameof(Count), Count), (nameof(Source), Source), (nameof(Final), Final), (nameof(ArchivedAt), ArchivedAt),
                (nameof(WebhookCount), webhookCount))
            : new TableRow(
                key, (nameof(Count), Count), (nameof(Source), Source), (nameof(Final), Final), (nameof(ArchivedAt), ArchivedAt));
    }
}
