using System.Globalization;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// ETags are numbers in hexadecimal. The file counts them up, one for each written row, so no ETag is used twice by any process.
/// </summary>
internal static class ETags
{
    /// <summary>The text of a number.</summary>
    public static string Format(long number) => number.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The number of a text. For a text that <see cref="Format"/> does not produce: -1, which no row has.</summary>
    public static long Parse(string etag) =>
        long.TryParse(etag, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
        && Format(number) == etag ? number : -1;
}
