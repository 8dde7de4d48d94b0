using Gatehouse.Common;
using Gatehouse.Platform;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>Dates on the wire.</summary>
internal static class Dates
{
    public static string Text(DateOnly date) => IsoDate.Text(date);

    public static DateOnly? TryParse(string? text) => IsoDate.TryParse(text);

    /// <summary>400111: a parameter is no date.</summary>
    public static PlatformException Invalid(string parameter) =>
        PlatformException.Invalid($"{parameter} must be a date such as 2016-01-05.");
}
