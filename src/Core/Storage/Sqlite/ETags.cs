using System.Globalization;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// ETags are numbers that the file itself counts up, one for each row written, and that are shown in hexadecimal: none
/// comes twice, in whichever process.
/// </summary>
internal static class ETags
{
    /// <summary>The text of a number.</summary>
    public static string Format(long number) => number.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The number of a text; of none that <see cref="Format"/> makes, -1, which no row has.</summary>
    public static long Parse(string etag) =>
        long.TryParse(etag, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
        && Format(number) == etag ? number : -1;
}
