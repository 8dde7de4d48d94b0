using Gatehouse.Storage;

namespace Gatehouse.Archive.Backfill;

/// <summary>How it stands with a backfill.</summary>
public enum BackfillState
{
    /// <summary>It is at work, or waits for its turn.</summary>
    Running,

    /// <summary>Every day was asked for.</summary>
    Done,

    /// <summary>It was given up.</summary>
    Failed,
}

/// <summary>An order to read some days of an application from the platform again.</summary>
/// <param name="Application">The application.</param>
/// <param name="Id">The operation's id.</param>
/// <param name="Days">The days.</param>
/// <param name="CreatedAt">When it was ordered.</param>
/// <param name="State">How it stands with it.</param>
/// <param name="DaysDone">How many of the days have been asked for and written.</param>
/// <param name="DaysMissing">How many of those the platform has not answered for.</param>
/// <param name="Worked">How long they took, without the time in which nobody was at it.</param>
/// <param name="Tries">How many tries have failed in succession.</param>
/// <param name="Problem">Why the last of them has (<see cref="ArchiveFailure.Problem"/>); null where it has not.</param>
public sealed record BackfillJob(
    AppId Application, Guid Id, DayRange Days, DateTimeOffset CreatedAt, BackfillState State, int DaysDone, int DaysMissing,
    TimeSpan Worked, int Tries, string? Problem)
{
    /// <summary>What remains of its time at the rate so far; null where there is no rate yet, or nothing more will be done.</summary>
    public TimeSpan? Remaining => State switch
    {
        BackfillState.Done => TimeSpan.Zero,
        BackfillState.Running when DaysDone > 0 => Worked / DaysDone * (Days.Days - DaysDone),
        _ => null,
    };

    /// <summary>The row's version; null where it was not read.</summary>
    internal string? ETag { get; init; }

    /// <summary>The days that are left.</summary>
    internal DayRange Left => Days with { From = Days.From.AddDays(DaysDone) };

    internal static string RowKey(Guid id) => $"backfill:{id:N}";

    internal static BackfillJob Read(AppId application, TableRow row) => new(
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

/// <summary>A backfill that is being worked on: how far it has got is written with its days, in one commit.</summary>
internal sealed class BackfillProgress(BackfillJob backfill, TimeProvider time) : IProgressRow
{
    private long since = time.GetTimestamp();
    private BackfillJob noted = backfill;

    /// <summary>The backfill as it was last written.</summary>
    public BackfillJob Backfill { get; private set; } = backfill;

    /// <summary>The change that says that everything up to a day is done.</summary>
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

    /// <summary>It was written.</summary>
    public void OnCommitted(string etag)
    {
        since = time.GetTimestamp();
        Backfill = noted with { ETag = etag };
    }
}
