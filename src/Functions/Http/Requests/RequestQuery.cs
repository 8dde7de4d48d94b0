using System.Globalization;
using Gatehouse.Common;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>The parameters of a query string, read by name and type. A parameter that is sent twice is refused.</summary>
internal static class RequestQuery
{
    /// <summary>The most rows on a page.</summary>
    public const int MostPerPage = 100;

    private const int DefaultLimit = 10;
    private const int DateLength = 10;

    /// <summary>A text; null where it is missing. An empty one is refused: an unset variable in a script is not the same as no filter.</summary>
    /// <exception cref="RequestException">The parameter is empty, or sent twice.</exception>
    public static string? Text(HttpRequest request, string name) =>
        TextOrEmpty(request, name) is not "" and var text ? text : throw RequestException.Invalid($"{name} must not be empty.");

    /// <summary>The token of a page; null where it is missing or empty, as in <c>next</c> of the last page.</summary>
    /// <exception cref="RequestException">The parameter is sent twice.</exception>
    public static string? PageTokenText(HttpRequest request) => TextOrEmpty(request, "token") is { Length: > 0 } text ? text : null;

    /// <summary>One of several names; null where it is missing.</summary>
    /// <exception cref="RequestException">The value is not one of the names.</exception>
    public static string? OneOf(HttpRequest request, string name, IReadOnlyCollection<string> known)
    {
        var text = Text(request, name);
        return text is null || known.Contains(text, StringComparer.Ordinal)
            ? text
            : throw RequestException.Invalid(NearestName.Unknown(name, text, known));
    }

    /// <summary>A boolean; false where it is missing.</summary>
    /// <exception cref="RequestException">The parameter is neither true nor false.</exception>
    public static bool Boolean(HttpRequest request, string name) => request.Query[name] switch
    {
        [] => false,
        [var text] when bool.TryParse(text, out var value) => value,
        _ => throw RequestException.NotBoolean(name),
    };

    /// <summary>The most rows of a page, in <c>limit</c>: 1 to 100; 10 where it is missing.</summary>
    /// <exception cref="RequestException">The parameter is not a number from 1 to 100.</exception>
    public static int Limit(HttpRequest request) => request.Query["limit"] switch
    {
        [] => DefaultLimit,
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MostPerPage => limit,
        _ => throw RequestException.OutOfRange($"limit must be a number from 1 to {MostPerPage}."),
    };

    /// <summary>The position that a page starts after, in <c>token</c>; null for the first page.</summary>
    /// <exception cref="RequestException">The token was not signed with this key.</exception>
    public static Guid? Position(HttpRequest request, ReadOnlySpan<byte> key) => PageTokenText(request) is not { } text
        ? null
        : PageToken.Read(text, key) ?? throw RequestException.Invalid("token is not valid.");

    /// <summary>A date such as 2016-01-05; null where it is missing, but not where it is empty.</summary>
    /// <exception cref="RequestException">The parameter is not a date.</exception>
    public static DateOnly? Date(HttpRequest request, string name) => request.Query[name] switch
    {
        [] => null,
        [var text] when IsoDate.TryParse(text) is { } date => date,
        _ => throw RequestException.NotDate(name),
    };

    /// <summary>A time in RFC 3339 format, with its offset; null where it is missing.</summary>
    /// <exception cref="RequestException">The parameter is not such a time.</exception>
    public static DateTimeOffset? Instant(HttpRequest request, string name)
    {
        if (Text(request, name) is not { } text) return null;
        // In a query, the + of an offset is decoded as a space. The space of a date and a time comes before it.
        if (text.LastIndexOf(' ') is > DateLength and var plus) text = $"{text[..plus]}+{text[(plus + 1)..]}";
        return Rfc3339.TryParse(text, out var instant)
            ? instant
            : throw RequestException.Invalid($"{name} must be a time such as 2024-05-15T12:00:00Z.");
    }

    private static string? TextOrEmpty(HttpRequest request, string name) => request.Query[name] switch
    {
        [] => null,
        [{ } text] => text,
        _ => throw RequestException.Invalid($"{name} must be sent once."),
    };
}
