using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>A range of days, both ends included, UTC.</summary>
/// <param name="From">The first day.</param>
/// <param name="To">The last day, not before the first.</param>
public readonly record struct DayRange(DateOnly From, DateOnly To)
{
    /// <summary>How many days there are.</summary>
    public int Days => To.DayNumber - From.DayNumber + 1;

    /// <summary>The range between two days; null where the first is after the last.</summary>
    public static DayRange? Between(DateOnly from, DateOnly to) => from <= to ? new DayRange(from, to) : null;

    /// <summary>Whether the range contains a day.</summary>
    public bool Contains(DateOnly day) => day >= From && day <= To;
}

/// <summary>Days in the archive's rows and rules.</summary>
internal static class ArchiveDays
{
    /// <summary>The first day that can be requested: nothing was counted before 2010.</summary>
    public static readonly DateOnly Earliest = new(2010, 1, 1);

    /// <summary>
    /// The platform still corrects the counts of this many days. A count is final when the day was at least this old as it
    /// was read.
    /// </summary>
    public const int Corrected = 3;

    public static string Text(DateOnly day) => IsoDate.Text(day);

    /// <exception cref="RowFormatException">The text is not a day.</exception>
    public static DateOnly Parse(string text) =>
        IsoDate.TryParse(text) ?? throw new RowFormatException($"'{text}' is not a day.");

    public static DateOnly Of(DateTimeOffset instant) => DateOnly.FromDateTime(instant.UtcDateTime);

    /// <summary>Whether a count that was read at an instant is final.</summary>
    public static bool IsFinal(DateOnly day, DateTimeOffset readAt) => day.DayNumber <= Of(readAt).DayNumber - Corrected;

    public static DateOnly Earlier(DateOnly one, DateOnly other) => one < other ? one : other;

    public static DateOnly Later(DateOnly one, DateOnly other) => one > other ? one : other;
}
