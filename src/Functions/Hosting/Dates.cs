using System.Globalization;
using Gatehouse.Platform;

namespace Gatehouse.Functions.Hosting;

/// <summary>Dates on the wire.</summary>
internal static class Dates
{
    private const string Format = "yyyy-MM-dd";

    public static string Text(DateOnly date) => date.ToString(Format, CultureInfo.InvariantCulture);

    public static DateOnly? TryParse(string? text) =>
        DateOnly.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    /// <summary>400111: a parameter is no date.</summary>
    public static PlatformException Invalid(string parameter) =>
        PlatformException.Invalid($"{parameter} must be a date such as 2016-01-05.");
}
