using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gatehouse.Functions.Platform;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Hosting;

/// <summary>The platform's answers.</summary>
internal static class PlatformReply
{
    private const string Json = "application/json; charset=utf-8";

    /// <summary>200 with a body.</summary>
    public static IResult Ok<T>(T body, JsonTypeInfo<T> type) =>
        new Reply(StatusCodes.Status200OK, Json, JsonSerializer.SerializeToUtf8Bytes(body, type));

    /// <summary>200 with an empty object.</summary>
    public static IResult Done() => new Reply(StatusCodes.Status200OK, Json, "{}"u8.ToArray());

    /// <summary>The error body of a refusal.</summary>
    public static IResult Error(PlatformException e) => new Reply(
        e.Status, Json,
        JsonSerializer.SerializeToUtf8Bytes(new ErrorDocument(e.Message, e.Code, true), WireContext.Default.ErrorDocument));
}
