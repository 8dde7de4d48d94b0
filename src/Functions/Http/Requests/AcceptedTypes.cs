using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Gatehouse.Functions.Http.Requests;

/// <summary>Content negotiation by the <c>Accept</c> header (RFC 9110, section 12.5.1).</summary>
internal static class AcceptedTypes
{
    /// <summary>The type with the highest quality. Of several, and where none is accepted, the first.</summary>
    /// <param name="request">The request.</param>
    /// <param name="offered">The values of <c>Content-Type</c> that the answer can have.</param>
    public static string Preferred(HttpRequest request, params IReadOnlyList<string> offered) =>
        // A header that is not valid counts as missing.
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges)
            ? offered.MaxBy(type => Quality(ranges, MediaTypeHeaderValue.Parse(type)))!
            : offered[0];

    // The most specific range that matches a type gives its quality.
    private static double Quality(IEnumerable<MediaTypeHeaderValue> ranges, MediaTypeHeaderValue type) =>
        ranges.Where(type.IsSubsetOf).MaxBy(Specificity) is { } range ? range.Quality ?? 1 : 0;

    private static int Specificity(MediaTypeHeaderValue range) =>
        range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2 + range.Parameters.Count(one => one.Name != "q");
}
