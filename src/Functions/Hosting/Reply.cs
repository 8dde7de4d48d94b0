using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Hosting;

/// <summary>An answer in one piece, with its length.</summary>
internal sealed class Reply(int status, string contentType, byte[] body) : IResult
{
    private const string JsonType = "application/json; charset=utf-8";

    /// <summary>An answer of JSON, and where what was made is.</summary>
    public static Reply Json<T>(int status, T body, JsonTypeInfo<T> type, string? location = null) =>
        new(status, JsonType, JsonSerializer.SerializeToUtf8Bytes(body, type)) { Location = location };

    /// <summary>200 with an empty object.</summary>
    public static Reply Empty() => new(StatusCodes.Status200OK, JsonType, "{}"u8.ToArray());

    /// <summary>The value of <c>WWW-Authenticate</c>; null for none.</summary>
    public string? Challenge { get; init; }

    /// <summary>The value of <c>Location</c>; null for none.</summary>
    public string? Location { get; init; }

    /// <summary>The value of <c>Retry-After</c>, in whole seconds and at least one; null for none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (Challenge is not null) response.Headers.WWWAuthenticate = Challenge;
        if (Location is not null) response.Headers.Location = Location;
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        // The rest of a body that is too large is not read: neither is whatever follows it on the connection.
        if (status == StatusCodes.Status413PayloadTooLarge) response.Headers.Connection = "close";
        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }
}
