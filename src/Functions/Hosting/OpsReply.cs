using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Hosting;

/// <summary>The facade's answers, and those to webhooks; refusals are made of a <see cref="Problem"/>.</summary>
internal static class OpsReply
{
    private const string Json = "application/json; charset=utf-8";

    /// <summary>200 with a body.</summary>
    public static IResult Ok<T>(T body, JsonTypeInfo<T> type) =>
        new Reply(StatusCodes.Status200OK, Json, JsonSerializer.SerializeToUtf8Bytes(body, type));

    /// <summary>201 with a body, and where what was made is.</summary>
    public static IResult Created<T>(string? location, T body, JsonTypeInfo<T> type) =>
        new Reply(StatusCodes.Status201Created, Json, JsonSerializer.SerializeToUtf8Bytes(body, type)) { Location = location };

    /// <summary>204.</summary>
    public static IResult NoContent() => TypedResults.NoContent();

    /// <summary>200 with an empty object.</summary>
    public static IResult Done() => new Reply(StatusCodes.Status200OK, Json, "{}"u8.ToArray());
}
