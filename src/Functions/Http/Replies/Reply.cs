using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Gatehouse.Access.Idempotency;
using Gatehouse.Common;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Replies;

/// <summary>An answer whose body is in memory. It is sent with its length.</summary>
/// <remarks>
/// The Functions worker also sends the public properties of a function's result to the host, as JSON. The body can contain
/// tokens, so it is not one of them.
/// </remarks>
internal sealed class Reply(int status, string? contentType, ReadOnlyMemory<byte> body) : IResult, IStatusCodeHttpResult
{
    private const string JsonType = "application/json; charset=utf-8";
    private const string ReplayedHeader = "Idempotent-Replayed";
    private const string LocationHeader = "Location";

    /// <summary>An answer with a JSON body.</summary>
    public static Reply Json<T>(int status, T body, JsonTypeInfo<T> type, string? location = null, TimeSpan? retryAfter = null) =>
        new(status, JsonType, JsonText.Write(body, type)) { Location = location, RetryAfter = retryAfter };

    /// <summary>200 with JSON that is already serialized.</summary>
    public static Reply Json(ReadOnlyMemory<byte> json) => new(StatusCodes.Status200OK, JsonType, json);

    /// <summary>200 with an empty object.</summary>
    public static Reply EmptyObject() => new(StatusCodes.Status200OK, JsonType, "{}"u8.ToArray());

    /// <summary>204, without a body.</summary>
    public static Reply NoContent() => new(StatusCodes.Status204NoContent, null, default);

    /// <summary>A stored answer, sent again, with <c>Idempotent-Replayed: true</c>.</summary>
    public static Reply Replay(StoredAnswer answer) => new(answer.Status, answer.ContentType, answer.Body)
    {
        Location = answer.Headers.FirstOrDefault(header => header.Key == LocationHeader).Value,
        IsReplayed = true,
    };

    /// <summary>The HTTP status.</summary>
    public int? StatusCode => status;

    /// <summary>The value of <c>WWW-Authenticate</c>; null for none.</summary>
    public string? Challenge { get; init; }

    /// <summary>The value of <c>Location</c>; null for none.</summary>
    public string? Location { get; init; }

    /// <summary>The value of <c>Retry-After</c>, in whole seconds and at least one; null for none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    private bool IsReplayed { get; init; }

    /// <summary>The answer as it is stored; null where it is too large to store.</summary>
    public StoredAnswer? ToStored() => body.Length > StoredAnswer.BodySize
        ? null
        : new StoredAnswer(status, contentType, body, Location is null ? null : [new(LocationHeader, Location)]);

    /// <summary>Sets the status and the headers that every answer has.</summary>
    internal static void SetHeaders(HttpResponse response, long length, int status = StatusCodes.Status200OK, string? contentType = JsonType)
    {
        response.StatusCode = status;
        // Many answers hold tokens. None gains from a cache.
        response.Headers.CacheControl = "no-store";
        if (contentType is null) return;
        response.ContentType = contentType;
        response.ContentLength = length;
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        SetHeaders(response, body.Length, status, contentType);
        if (Challenge is not null) response.Headers.WWWAuthenticate = Challenge;
        if (Location is not null) response.Headers.Location = Location;
        if (IsReplayed) response.Headers[ReplayedHeader] = "true";
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        // What is supported (RFC 9110, section 15.5.16).
        if (status == StatusCodes.Status415UnsupportedMediaType) response.Headers.AcceptEncoding = "identity";
        // The rest of the request's body is not read, so the connection cannot be used for another request.
        if (status == StatusCodes.Status413PayloadTooLarge) response.Headers.Connection = "close";
        return body.IsEmpty || HttpMethods.IsHead(httpContext.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }
}
