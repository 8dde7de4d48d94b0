using System.Globalization;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Hosting;

/// <summary>What a query string of the facade says. A value that is empty counts as missing; one given twice is none.</summary>
internal static class RequestQuery
{
    /// <summary>The most rows on a page.</summary>
    public const int MostPerPage = 100;

    /// <summary>A text, or null where it is missing.</summary>
    /// <exception cref="PlatformException">400111 where it is there twice.</exception>
    public static string? Text(HttpRequest request, string name) => request.Query[name] switch
    {
        [] or [""] => null,
        [{ } text] => text,
        _ => throw PlatformException.Invalid($"{name} must be sent once."),
    };

    /// <summary>How many rows a page is to have, in <c>limit</c>: 1 to 100.</summary>
    /// <exception cref="PlatformException">400113 where it is none of those.</exception>
    public static int Limit(HttpRequest request, int otherwise) => request.Query["limit"] switch
    {
        [] => otherwise,
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MostPerPage => limit,
        _ => throw PlatformException.OutOfRange($"limit must be a number from 1 to {MostPerPage}."),
    };

    /// <summary>An instant as RFC 3339 writes it, with its offset; null where it is missing.</summary>
    /// <exception cref="PlatformException">400111 where it is none.</exception>
    public static DateTimeOffset? Instant(HttpRequest request, string name)
    {
        if (Text(request, name) is not { } text) return null;
        // A + in a query is a space, and an offset has one.
        return DateTimeOffset.TryParseExact(
            text.Replace(' ', '+'), InstantFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw PlatformException.Invalid($"{name} must be a time such as 2024-05-15T12:00:00Z.");
    }

    private static readonly string[] InstantFormats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
}
