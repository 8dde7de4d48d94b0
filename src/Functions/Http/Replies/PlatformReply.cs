using System.Text.Json.Serialization.Metadata;
using Gatehouse.Functions.Platform;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Replies;

/// <summary>The platform's answers.</summary>
internal static class PlatformReply
{
    /// <summary>200 with a body.</summary>
    public static IResult Ok<T>(T body, JsonTypeInfo<T> type) => Reply.Json(StatusCodes.Status200OK, body, type);

    /// <summary>200 with an empty object.</summary>
    public static IResult Done() => Reply.Empty();

    /// <summary>The error body of a refusal.</summary>
    public static IResult Error(PlatformException e) => Error(e.Status, e);

    /// <summary>404, in the form of a refusal: the platform is not here, and nor is anything else at this URL.</summary>
    public static IResult NotServed() => Error(StatusCodes.Status404NotFound, PlatformException.NoSuchUrl());

    private static Reply Error(int status, PlatformException e) =>
        Reply.Json(status, new ErrorDocument(e.Message, e.Code, true), WireContext.Default.ErrorDocument);
}
