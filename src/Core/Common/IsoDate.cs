using System.Globalization;

namespace Gatehouse.Common;

/// <summary>Dates as text: <c>yyyy-MM-dd</c> (ISO 8601), in tables, in requests and in answers.</summary>
public static class IsoDate
{
    // The runtime writes "O" ten times faster than "yyyy-MM-dd". The text is the same.
    private const string Format = "O";

    /// <summary>The date as text.</summary>
    public static string Text(DateOnly date) => date.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>Parses a date; null where the text is not one.</summary>
    /// <remarks>
    /// Written by hand for speed: one archive answer can parse a million dates, and the runtime's parser takes as long for one
    /// as the store takes to read its row.
    /// </remarks>
    public static DateOnly? TryParse(ReadOnlySpan<char> text) =>
        text is [var y1, var y2, var y3, var y4, '-', var m1, var m2, '-', var d1, var d2]
        && AreDigits(y1, y2, y3, y4) && AreDigits(m1, m2, d1, d2)
        && Number(y1, y2) * 100 + Number(y3, y4) is > 0 and var year
        && Number(m1, m2) is >= 1 and <= 12 and var month
        && Number(d1, d2) is >= 1 and var day && day <= DateTime.DaysInMonth(year, month)
            ? new DateOnly(year, month, day)
            : null;

    private static bool AreDigits(char a, char b, char c, char d) =>
        char.IsAsciiDigit(a) && char.IsAsciiDigit(b) && char.IsAsciiDigit(c) && char.IsAsciiDigit(d);

    private static int Number(char tens, char ones) => (tens - '0') * 10 + (ones - '0');
}
