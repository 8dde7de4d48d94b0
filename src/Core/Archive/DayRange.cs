using System.Globalization;
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

    // yyyy-MM-dd (ISO 8601), which the runtime writes ten times as fast under this name.
    private const string Format = "O";

    public static string Text(DateOnly day) => day.ToString(Format, CultureInfo.InvariantCulture);

    // A million of them are read in one answer: the runtime's own parser takes as long for one as the store for its row.
    public static DateOnly Parse(string text) =>
        text is [var y1, var y2, var y3, var y4, '-', var m1, var m2, '-', var d1, var d2]
        && AreDigits(y1, y2, y3, y4) && AreDigits(m1, m2, d1, d2)
        && Number(y1, y2) * 100 + Number(y3, y4) is > 0 and var year
        && Number(m1, m2) is >= 1 and <= 12 and var month
        && Number(d1, d2) is >= 1 and var day && day <= DateTime.DaysInMonth(year, month)
            ? new DateOnly(year, month, day)
            : throw new RowFormatException($"'{text}' is no day.");

    public static DateOnly Of(DateTimeOffset instant) => DateOnly.FromDateTime(instant.UtcDateTime);

    /// <summary>Whether a count that was read at an instant is final.</summary>
    public static bool IsFinal(DateOnly day, DateTimeOffset readAt) => day.DayNumber <= Of(readAt).DayNumber - Corrected;

    public static DateOnly Earlier(DateOnly one, DateOnly other) => one < other ? one : other;

    public static DateOnly Later(DateOnly one, DateOnly other) => one > other ? one : other;

    private static bool AreDigits(char a, char b, char c, char d) =>
        char.IsAsciiDigit(a) && char.IsAsciiDigit(b) && char.IsAsciiDigit(c) && char.IsAsciiDigit(d);

    private static int Number(char tens, char ones) => (tens - '0') * 10 + (ones - '0');
}
