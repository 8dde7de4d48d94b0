using System.Globalization;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Hosting;

/// <summary>What a request asks for in its query.</summary>
internal static class QueryValues
{
    private const int DefaultLimit = 10;
    private const int MostPerPage = 100;

    /// <summary>A date such as 2016-01-05, or null where it is missing.</summary>
    /// <exception cref="PlatformException">400111 where it is none.</exception>
    public static DateOnly? Date(HttpRequest request, string parameter) => request.Query[parameter] switch
    {
        [] => null,
        [var text] when Dates.TryParse(text) is { } date => date,
        _ => throw Dates.Invalid(parameter),
    };

    /// <summary>How many things a page is to have, 1 to 100; 10 where nothing is said.</summary>
    /// <exception cref="PlatformException">400113 where it is something else.</exception>
    public static int Limit(HttpRequest request) => request.Query["limit"] switch
    {
        [] => DefaultLimit,
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MostPerPage => limit,
        _ => throw PlatformException.OutOfRange($"limit must be a number from 1 to {MostPerPage}."),
    };
}

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
