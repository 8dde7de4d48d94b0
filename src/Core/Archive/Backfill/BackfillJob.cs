using Gatehouse.Storage;

namespace Gatehouse.Archive.Backfill;

/// <summary>The state of a backfill. The names are stored.</summary>
public enum BackfillState
{
    /// <summary>It is running, or waiting.</summary>
    Running,

    /// <summary>Every day was read.</summary>
    Done,

    /// <summary>It was given up.</summary>
    Failed,
}

/// <summary>A backfill: an order to read days of an application from the platform again.</summary>
/// <param name="Application">The application.</param>
/// <param name="Id">The operation's id.</param>
/// <param name="Days">The days.</param>
/// <param name="CreatedAt">When it was ordered.</param>
/// <param name="State">Its state.</param>
/// <param name="DaysDone">How many of the days were read and written.</param>
/// <param name="DaysMissing">How many of those the platform gave no count for.</param>
/// <param name="Worked">How long they took, without the time when no instance worked on it.</param>
/// <param name="Tries">How many tries have failed in a row.</param>
/// <param name="Problem">Why the last try failed (<see cref="ArchiveFailure.Problem"/>); null where it did not.</param>
public sealed record BackfillJob(
    AppId Application, Guid Id, DayRange Days, DateTimeOffset CreatedAt, BackfillState State, int DaysDone, int DaysMissing,
    TimeSpan Worked, int Tries, string? Problem)
{
    /// <summary>The estimated remaining time; null before the first days are done, and after a failure.</summary>
    public TimeSpan? Remaining => State switch
    {
        BackfillState.Done => TimeSpan.Zero,
        BackfillState.Running when DaysDone > 0 => Worked / DaysDone * (Days.Days - DaysDone),
        _ => null,
    };

    /// <summary>The row's ETag; null where it was not read.</summary>
    internal string? ETag { get; init; }

    /// <summary>The days that are not done yet.</summary>
    internal DayRange Left => Days with { From = Days.From.AddDays(DaysDone) };

    internal static string RowKey(Guid id) => $"backfill:{id:N}";

    /// <exception cref="RowFormatException">The row is not a backfill.</exception>
    internal static BackfillJob Read(AppId application, TableRow row) => ReadableRows.Read(row, read => ReadRow(application, read));

    private static BackfillJob ReadRow(AppId application, TableRow row) => new(
        application, Guid.ParseExact(row.Key.AsSpan(row.Key.IndexOf(':') + 1), "N"),
        new DayRange(ArchiveDays.Parse(row.GetString("From")), ArchiveDays.Parse(row.GetString("To"))),
        row.GetDateTimeOffset(nameof(CreatedAt)), Enum.Parse<BackfillState>(row.GetString(nameof(State))),
        (int)row.GetInt64(nameof(DaysDone)), (int)row.GetInt64(nameof(DaysMissing)),
        TimeSpan.FromMilliseconds(row.GetInt64("WorkedMs")), (int)row.GetInt64(nameof(Tries)),
        row.GetString(nameof(Problem)) is { Length: > 0 } problem ? problem : null)
    {
        ETag = row.ETag,
    };

    internal RowChange ToChange()
    {
        var row = new TableRow(
            RowKey(Id), ("From", ArchiveDays.Text(Days.From)), ("To", ArchiveDays.Text(Days.To)), (nameof(CreatedAt), CreatedAt),
            (nameof(State), State.ToString()), (nameof(DaysDone), (long)DaysDone), (nameof(DaysMissing), (long)DaysMissing),
            ("WorkedMs", (long)Worked.TotalMilliseconds), (nameof(Tries), (long)Tries), (nameof(Problem), Problem ?? ""));
        return ETag is null ? RowChange.Insert(row) : RowChange.Replace(row, ETag);
    }
}

/// <summary>The progress of a backfill. It is written in the same commit as its days.</summary>
internal sealed class BackfillProgress(BackfillJob backfill, TimeProvider time) : IProgressRow
{
    private long since = time.GetTimestamp();
    private BackfillJob noted = backfill;

    /// <summary>The backfill as it was last written.</summary>
    public BackfillJob Backfill { get; private set; } = backfill;

    public RowChange Change(DateOnly through, int missing)
    {
        noted = Backfill with
        {
            DaysDone = through.DayNumber - Backfill.Days.From.DayNumber + 1,
            DaysMissing = Backfill.DaysMissing + missing,
            State = through == Backfill.Days.To ? BackfillState.Done : BackfillState.Running,
            Worked = Backfill.Worked + time.GetElapsedTime(since),
            Tries = 0,
            Problem = null,
        };
        return noted.ToChange();
    }

    public void OnCommitted(string etag)
    {
        since = time.GetTimestamp();
        Backfill = noted with { ETag = etag };
    }
}
