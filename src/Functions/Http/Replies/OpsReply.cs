using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Replies;

/// <summary>The successful answers of Gatehouse's own routes. Refusals are problems (RFC 9457).</summary>
internal static class OpsReply
{
    /// <summary>200 with a body.</summary>
    public static IResult Ok<T>(T body, JsonTypeInfo<T> type) => Reply.Json(StatusCodes.Status200OK, body, type);

    /// <summary>201 with a body and the URL of the new resource, if it has one.</summary>
    public static IResult Created<T>(string? location, T body, JsonTypeInfo<T> type) =>
        Reply.Json(StatusCodes.Status201Created, body, type, location);

    /// <summary>200 if healthy, otherwise 503 with <c>Retry-After</c>; a body either way.</summary>
    public static IResult Health<T>(bool isHealthy, T body, JsonTypeInfo<T> type, TimeSpan retryAfter) => isHealthy
        ? Ok(body, type)
        : Reply.Json(StatusCodes.Status503ServiceUnavailable, body, type, retryAfter: retryAfter);

    /// <summary>200 with JSON that is already serialized.</summary>
    public static IResult Document(ReadOnlyMemory<byte> json) => Reply.Json(json);

    /// <summary>202 with a body and the URL that shows the progress.</summary>
    public static IResult Accepted<T>(string location, T body, JsonTypeInfo<T> type) =>
        Reply.Json(StatusCodes.Status202Accepted, body, type, location);

    /// <summary>204.</summary>
    public static IResult NoContent() => Reply.NoContent();

    /// <summary>200 with an empty object.</summary>
    public static IResult EmptyObject() => Reply.EmptyObject();
}
