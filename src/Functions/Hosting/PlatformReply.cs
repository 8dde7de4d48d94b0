using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gatehouse.Functions.Platform;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Hosting;

/// <summary>The platform's answers: JSON in one piece, with its length.</summary>
internal static class PlatformReply
{
    /// <summary>200 with a body.</summary>
    public static IResult Ok<T>(T body, JsonTypeInfo<T> type) =>
        new Reply(StatusCodes.Status200OK, JsonSerializer.SerializeToUtf8Bytes(body, type));

    /// <summary>200 with an empty object.</summary>
    public static IResult Done() => new Reply(StatusCodes.Status200OK, "{}"u8.ToArray());

    /// <summary>The error body of a refusal.</summary>
    public static IResult Error(PlatformException e) => new Reply(
        e.Status,
        JsonSerializer.SerializeToUtf8Bytes(new ErrorDocument(e.Message, e.Code, true), WireContext.Default.ErrorDocument));

    private sealed class Reply(int status, byte[] body) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = status;
            response.ContentType = "application/json; charset=utf-8";
            response.ContentLength = body.Length;
            // The rest of a body that is too large is not read: neither is whatever follows it on the connection.
            if (status == StatusCodes.Status413PayloadTooLarge) response.Headers.Connection = "close";
            return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
        }
    }
}
