using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>
/// How far an application's archive has got: the row <c>archive</c> behind the days of its partition. Whatever writes days
/// replaces this row in the same commit, so that of two who read the platform at the same time only one can write, and what
/// was read earlier never overwrites what was read later.
/// </summary>
/// <param name="From">The first day that is expected to be there.</param>
/// <param name="Through">The last day that was read, in unbroken succession from the first; the day before the first where
/// none was.</param>
/// <param name="FinalThrough">The last day that is final, as are all before it.</param>
/// <param name="ReadAt">When the days up to the last were read; 1970 for never.</param>
/// <param name="Missing">The days among them that the platform has not answered for.</param>
/// <param name="WebhooksSince">The first day that webhooks told of a message; null where there is none.</param>
internal sealed record ArchiveState(
    DateOnly From, DateOnly Through, DateOnly FinalThrough, DateTimeOffset ReadAt, DaySet Missing, DateOnly? WebhooksSince)
{
    public const string RowKey = "archive";

    /// <summary>The row's version; null where there is none yet.</summary>
    public string? ETag { get; init; }

    /// <summary>Nothing was read yet of an application that was created at an instant.</summary>
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

    /// <summary>The same where it has turned out that the application is older than was known: then it is read anew.</summary>
    public ArchiveState CreatedAt(DateTimeOffset createdAt)
    {
        var first = FirstDay(createdAt);
        return first >= From
            ? this
            : this with { From = first, Through = first.AddDays(-1), FinalThrough = first.AddDays(-1) };
    }

    /// <summary>
    /// The days to read on a day: from the first that is not final to yesterday, the last three in any case; null where that
    /// has been done on the same day.
    /// </summary>
    public DayRange? DueOn(DateOnly today)
    {
        var yesterday = today.AddDays(-1);
        if (Through >= yesterday && ArchiveDays.Of(ReadAt) == today) return null;
        var from = ArchiveDays.Earlier(FinalThrough.AddDays(1), today.AddDays(-ArchiveDays.Corrected));
        return DayRange.Between(ArchiveDays.Later(from, From), yesterday);
    }

    /// <summary>The days before yesterday that are not there, in ranges, the earliest first.</summary>
    public IEnumerable<DayRange> Gaps(DateOnly today)
    {
        var last = today.AddDays(-2);
        var unread = DayRange.Between(ArchiveDays.Later(From, Through.AddDays(1)), last);
        var read = DayRange.Between(From, ArchiveDays.Earlier(Through, last));
        foreach (var range in read is { } some ? Missing.Within(some) : [])
        {
            // The two meet where the last day that was read is missing.
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

    // A day has no day before it in 0001 alone, and a creation that says so is none.
    private static DateOnly FirstDay(DateTimeOffset createdAt) => ArchiveDays.Later(ArchiveDays.Earliest, ArchiveDays.Of(createdAt));
}
