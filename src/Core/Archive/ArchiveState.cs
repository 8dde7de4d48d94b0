using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>
/// The state of an application's archive: the row <c>archive</c> after the days of its partition. Every commit of days also
/// replaces this row, so that only one of two concurrent readers can write, and older counts never overwrite newer ones.
/// </summary>
/// <param name="From">The first day that should be archived.</param>
/// <param name="Through">The last day that was read, with no unread day before it; the day before the first where none was
/// read.</param>
/// <param name="FinalThrough">The last final day. All days before it are final too.</param>
/// <param name="ReadAt">When the last days were read; 1970 for never.</param>
/// <param name="Missing">The days up to <paramref name="Through"/> that the platform gave no count for.</param>
/// <param name="WebhooksSince">The first day with messages by webhooks; null for none.</param>
internal sealed record ArchiveState(
    DateOnly From, DateOnly Through, DateOnly FinalThrough, DateTimeOffset ReadAt, DaySet Missing, DateOnly? WebhooksSince)
{
    public const string RowKey = "archive";

    /// <summary>The row's ETag; null where there is no row yet.</summary>
    public string? ETag { get; init; }

    /// <summary>The state of an application before anything was read.</summary>
    public static ArchiveState Begin(DateTimeOffset createdAt)
    {
        var first = FirstDay(createdAt);
        return new(first, first.AddDays(-1), first.AddDays(-1), DateTimeOffset.UnixEpoch, DaySet.None, null);
    }

    public static ArchiveState Read(TableRow row) => new(
        ArchiveDays.Parse(row.GetString(nameof(From))), ArchiveDays.Parse(row.GetString(nameof(Through))),
        ArchiveDays.Parse(row.GetString(nameof(FinalThrough))), row.GetDateTimeOffset(nameof(ReadAt)),
        DaySet.Read(row.GetBinary(nameof(Missing))),
        row.GetString(nameof(WebhooksSince)) is { Length: > 0 } day ? ArchiveDays.Parse(day) : null)
    {
        ETag = row.ETag,
    };

    /// <summary>
    /// The state after learning when the application was created. If it is older than was known, everything is read again.
    /// </summary>
    public ArchiveState CreatedAt(DateTimeOffset createdAt)
    {
        var first = FirstDay(createdAt);
        return first >= From
            ? this
            : this with { From = first, Through = first.AddDays(-1), FinalThrough = first.AddDays(-1) };
    }

    /// <summary>
    /// The days to read today: from the first that is not final to yesterday, and always the last three; null where they
    /// were already read today.
    /// </summary>
    public DayRange? DueOn(DateOnly today)
    {
        var yesterday = today.AddDays(-1);
        if (Through >= yesterday && ArchiveDays.Of(ReadAt) == today) return null;
        var from = ArchiveDays.Earlier(FinalThrough.AddDays(1), today.AddDays(-ArchiveDays.Corrected));
        return DayRange.Between(ArchiveDays.Later(from, From), yesterday);
    }

    /// <summary>The gaps before yesterday, the earliest first.</summary>
    public IEnumerable<DayRange> Gaps(DateOnly today)
    {
        var last = today.AddDays(-2);
        var unread = DayRange.Between(ArchiveDays.Later(From, Through.AddDays(1)), last);
        var read = DayRange.Between(From, ArchiveDays.Earlier(Through, last));
        foreach (var range in read is { } some ? Missing.Within(some) : [])
        {
            // The gap and the unread days meet where the last day that was read is missing.
            if (unread is { } behind && range.To == Through) unread = behind with { From = range.From };
            else yield return range;
        }
        if (unread is { } rest) yield return rest;
    }

    public RowChange ToChange()
    {
        var row = new TableRow(
            RowKey,
            (nameof(From), ArchiveDays.Text(From)), (nameof(Through), ArchiveDays.Text(Through)),
            (nameof(FinalThrough), ArchiveDays.Text(FinalThrough)), (nameof(ReadAt), ReadAt), (nameof(Missing), Missing.ToBytes()),
            (nameof(WebhooksSince), WebhooksSince is { } day ? ArchiveDays.Text(day) : ""));
        return ETag is null ? RowChange.Insert(row) : RowChange.Replace(row, ETag);
    }

    // The first of January 0001 has no day before it. A creation date before 2010 is wrong anyway.
    private static DateOnly FirstDay(DateTimeOffset createdAt) => ArchiveDays.Later(ArchiveDays.Earliest, ArchiveDays.Of(createdAt));
}
