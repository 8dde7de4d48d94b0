using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>Days from one to another, both inclusive, UTC.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The last, not before the first.</param>
public readonly record struct DayRange(DateOnly From, DateOnly To)
{
    /// <summary>How many days they are.</summary>
    public int Days => To.DayNumber - From.DayNumber + 1;

    /// <summary>The days from one to another; null where there is none, because the first is behind the last.</summary>
    public static DayRange? Between(DateOnly from, DateOnly to) => from <= to ? new DayRange(from, to) : null;

    /// <summary>Whether a day is one of them.</summary>
    public bool Contains(DateOnly day) => day >= From && day <= To;
}

/// <summary>Days as the archive writes them and reckons with them.</summary>
internal static class ArchiveDays
{
    /// <summary>The first day that is ever asked for: nothing was counted before 2010.</summary>
    public static readonly DateOnly Earliest = new(2010, 1, 1);

    /// <summary>How many days the platform still corrects: a day is final when it is this old and was read after that.</summary>
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
