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
/// <param name="LeftOut">Those of them that its answer did not contain.</param>
/// <param name="Unreadable">Those of them whose value was not a count. It refused the others.</param>
/// <param name="WebhooksSince">The first day with messages by webhooks; null for none.</param>
internal sealed record ArchiveState(
    DateOnly From, DateOnly Through, DateOnly FinalThrough, DateTimeOffset ReadAt, DaySet Missing, DaySet LeftOut,
    DaySet Unreadable, DateOnly? WebhooksSince)
{
    public const string RowKey = "archive";

    /// <summary>The row's ETag; null where there is no row yet.</summary>
    public string? ETag { get; init; }

    /// <summary>The state of an application before anything was read.</summary>
    public static ArchiveState Begin(DateTimeOffset createdAt)
    {
        var first = FirstDay(createdAt);
        return new(first, first.AddDays(-1), first.AddDays(-1), DateTimeOffset.UnixEpoch, DaySet.None, DaySet.None, DaySet.None, null);
    }

    /// <exception cref="RowFormatException">The row is not a state.</exception>
    public static ArchiveState Read(TableRow row) => ReadableRows.Read(row, ReadRow);

    private static ArchiveState ReadRow(TableRow row) => new(
        ArchiveDays.Parse(row.GetString(nameof(From))), ArchiveDays.Parse(row.GetString(nameof(Through))),
        ArchiveDays.Parse(row.GetString(nameof(FinalThrough))), row.GetDateTimeOffset(nameof(ReadAt)),
        DaySet.Read(row.GetBinary(nameof(Missing))), DaySet.Read(row.Find(nameof(LeftOut)) as byte[] ?? []),
        DaySet.Read(row.Find(nameof(Unreadable)) as byte[] ?? []),
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

    /// <summary>Whether yesterday may still be read by its nightly run. Until then it is not missing.</summary>
    public bool IsPending(DateOnly yesterday) => Through < yesterday;

    /// <summary>The gaps up to yesterday, without a pending one, the earliest first.</summary>
    public IEnumerable<ArchiveGap> Gaps(DateOnly today)
    {
        var yesterday = today.AddDays(-1);
        if (DayRange.Between(From, ArchiveDays.Earlier(Through, yesterday)) is { } read)
        {
            foreach (var gap in Missing.Within(read).SelectMany(ByReason)) yield return gap;
        }
        if (DayRange.Between(ArchiveDays.Later(From, Through.AddDays(1)), yesterday.AddDays(-1)) is { } unread)
            yield return new ArchiveGap(unread, GapReason.NotRead);
    }

    /// <summary>Why a day without a count has none.</summary>
    public GapReason ReasonOf(DateOnly day) => day > Through || !Missing.Contains(day) ? GapReason.NotRead
        : Unreadable.Contains(day) ? GapReason.Unreadable
        : LeftOut.Contains(day) ? GapReason.LeftOut
        : GapReason.Refused;

    /// <summary>Days without a count, divided by reason.</summary>
    public IEnumerable<ArchiveGap> ByReason(DayRange days)
    {
        var gap = new ArchiveGap(new DayRange(days.From, days.From), ReasonOf(days.From));
        for (var day = days.From.AddDays(1); day <= days.To; day = day.AddDays(1))
        {
            if (ReasonOf(day) is var reason && reason != gap.Reason)
            {
                yield return gap;
                gap = new ArchiveGap(new DayRange(day, day), reason);
            }
            gap = gap with { Days = gap.Days with { To = day } };
        }
        yield return gap;
    }

    /// <summary>The state after days were read: some without a count, and others with one.</summary>
    public ArchiveState With(IReadOnlyCollection<DayReading> lost, IEnumerable<DateOnly> found)
    {
        DateOnly[] all = [.. found, .. lost.Select(reading => reading.Day)];
        return this with
        {
            Missing = Missing.With(lost.Select(reading => reading.Day), all[..^lost.Count]),
            LeftOut = LeftOut.With(DaysOf(GapReason.LeftOut), all),
            Unreadable = Unreadable.With(DaysOf(GapReason.Unreadable), all),
        };

        IEnumerable<DateOnly> DaysOf(GapReason reason) =>
            lost.Where(reading => reading.Reason == reason).Select(reading => reading.Day);
    }

    public RowChange ToChange()
    {
        var row = new TableRow(
            RowKey,
            (nameof(From), ArchiveDays.Text(From)), (nameof(Through), ArchiveDays.Text(Through)),
            (nameof(FinalThrough), ArchiveDays.Text(FinalThrough)), (nameof(ReadAt), ReadAt), (nameof(Missing), Missing.ToBytes()),
            (nameof(LeftOut), LeftOut.ToBytes()), (nameof(Unreadable), Unreadable.ToBytes()),
            (nameof(WebhooksSince), WebhooksSince is { } day ? ArchiveDays.Text(day) : ""));
        return ETag is null ? RowChange.Insert(row) : RowChange.Replace(row, ETag);
    }

    // The first of January 0001 has no day before it. A creation date before 2010 is wrong anyway.
    private static DateOnly FirstDay(DateTimeOffset createdAt) => ArchiveDays.Later(ArchiveDays.Earliest, ArchiveDays.Of(createdAt));
}
