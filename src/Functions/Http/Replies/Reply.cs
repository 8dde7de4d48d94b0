using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gatehouse.Access.Idempotency;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Replies;

/// <summary>An answer in one piece, with its length.</summary>
/// <remarks>
/// The official worker also hands a function's result, as JSON of its public properties, to the Functions host: none of them
/// holds the body, in which there are tokens.
/// </remarks>
internal sealed class Reply(int status, string? contentType, ReadOnlyMemory<byte> body) : IResult, IStatusCodeHttpResult
{
    private const string JsonType = "application/json; charset=utf-8";
    private const string Replayed = "Idempotent-Replayed";
    private const string LocationHeader = "Location";

    /// <summary>An answer of JSON, where what was made is, and when to ask again.</summary>
    public static Reply Json<T>(int status, T body, JsonTypeInfo<T> type, string? location = null, TimeSpan? retryAfter = null) =>
        new(status, JsonType, JsonSerializer.SerializeToUtf8Bytes(body, type)) { Location = location, RetryAfter = retryAfter };

    /// <summary>200 with JSON that is there already.</summary>
    public static Reply Json(ReadOnlyMemory<byte> json) => new(StatusCodes.Status200OK, JsonType, json);

    /// <summary>200 with an empty object.</summary>
    public static Reply Empty() => new(StatusCodes.Status200OK, JsonType, "{}"u8.ToArray());

    /// <summary>204, which has no body.</summary>
    public static Reply NoContent() => new(StatusCodes.Status204NoContent, null, default);

    /// <summary>An answer that was given before, and says so.</summary>
    public static Reply Again(StoredAnswer answer) => new(answer.Status, answer.ContentType, answer.Body)
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

    /// <summary>The answer to be kept; null where it is larger than what is.</summary>
    public StoredAnswer? ToStored() => body.Length > StoredAnswer.BodySize
        ? null
        : new StoredAnswer(status, contentType, body, Location is null ? null : [new(LocationHeader, Location)]);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        if (contentType is not null)
        {
            response.ContentType = contentType;
            response.ContentLength = body.Length;
        }
        if (Challenge is not null) response.Headers.WWWAuthenticate = Challenge;
        if (Location is not null) response.Headers.Location = Location;
        if (IsReplayed) response.Headers[Replayed] = "true";
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        // The rest of a body that is too large is not read: neither is whatever follows it on the connection.
        if (status == StatusCodes.Status413PayloadTooLarge) response.Headers.Connection = "close";
        return body.IsEmpty ? Task.CompletedTask : response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }
}
