using System.Globalization;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>What a query string says. A value that is empty counts as missing; one given twice is none.</summary>
internal static class RequestQuery
{
    /// <summary>The most rows on a page.</summary>
    public const int MostPerPage = 100;

    private const int DefaultLimit = 10;

    /// <summary>A text, or null where it is missing.</summary>
    /// <exception cref="PlatformException">400111 where it is there twice.</exception>
    public static string? Text(HttpRequest request, string name) => request.Query[name] switch
    {
        [] or [""] => null,
        [{ } text] => text,
        _ => throw PlatformException.Invalid($"{name} must be sent once."),
    };

    /// <summary>How many rows a page is to have, in <c>limit</c>: 1 to 100; 10 where nothing is said.</summary>
    /// <exception cref="PlatformException">400113 where it is none of those.</exception>
    public static int Limit(HttpRequest request) => request.Query["limit"] switch
    {
        [] => DefaultLimit,
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MostPerPage => limit,
        _ => throw PlatformException.OutOfRange($"limit must be a number from 1 to {MostPerPage}."),
    };

    /// <summary>Where a list goes on, in <c>token</c>; null at its start.</summary>
    /// <exception cref="PlatformException">400111 where it was not given out under this key.</exception>
    public static Guid? Position(HttpRequest request, ReadOnlySpan<byte> key) => Text(request, "token") is not { } text
        ? null
        : PageToken.Read(text, key) ?? throw PlatformException.Invalid("token is not valid.");

    /// <summary>A date such as 2016-01-05; null where it is missing. One that is empty is none.</summary>
    /// <exception cref="PlatformException">400111 where it is none.</exception>
    public static DateOnly? Date(HttpRequest request, string name) => request.Query[name] switch
    {
        [] => null,
        [var text] when Dates.TryParse(text) is { } date => date,
        _ => throw Dates.Invalid(name),
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
