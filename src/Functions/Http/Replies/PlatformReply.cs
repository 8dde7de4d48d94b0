using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Replies;

/// <summary>The platform's answers.</summary>
internal static class PlatformReply
{
    /// <summary>200 with a body.</summary>
    public static IResult Ok<T>(T body, JsonTypeInfo<T> type) => Reply.Json(StatusCodes.Status200OK, body, type);

    /// <summary>200 with an empty object.</summary>
    public static IResult EmptyObject() => Reply.EmptyObject();

    /// <summary>A refusal with its error body.</summary>
    public static IResult Error(PlatformException e) => Error(e.Status, e);

    /// <summary>404 with an error body: the platform is hosted elsewhere, so this URL does not exist.</summary>
    public static IResult NotServed() => Error(StatusCodes.Status404NotFound, PlatformException.NoSuchUrl());

    private static Reply Error(int status, PlatformException e) =>
        Reply.Json(status, new ErrorDocument(e.Message, e.Code, true), ErrorContext.Default.ErrorDocument, retryAfter: e.RetryAfter);
}

/// <summary>The body of every refusal of the platform.</summary>
internal sealed record ErrorDocument(
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("code")] int Code,
    [property: JsonPropertyName("error")] bool Error);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(ErrorDocument))]
internal sealed partial class ErrorContext : JsonSerializerContext;
