using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Custody;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Problems;

/// <summary>An error of Gatehouse's own routes (RFC 9457). Its type never changes.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The last part of the type's URI, such as <c>unauthenticated</c>.</param>
/// <param name="Title">A short description of the type.</param>
/// <param name="Detail">The reason for this request.</param>
internal sealed record Problem(int Status, string Type, string Title, string Detail)
{
    private const string TypeRoot = "urn:gatehouse:problem:";

    /// <summary>The index of the first invalid event.</summary>
    public int? Index { get; init; }

    /// <summary>The name of the fault in an uploaded credential. It never changes.</summary>
    public string? CredentialFault { get; init; }

    /// <summary>The accepted authentication schemes (RFC 9110, 11.6.1); only for 401.</summary>
    public string? Challenge { get; init; }

    /// <summary>When to send the request again; null where that would not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>401: no valid credential.</summary>
    public static Problem Unauthenticated(string challenge, string detail) =>
        new(StatusCodes.Status401Unauthorized, ProblemNames.Unauthenticated, "The caller is not known.", detail) { Challenge = challenge };

    /// <summary>429: too many wrong credentials.</summary>
    public static Problem TooManyAttempts(TimeSpan retryAfter) => new(
        StatusCodes.Status429TooManyRequests, ProblemNames.TooManyAttempts, "There were too many wrong credentials.",
        "Credentials from this address, or this credential, are not checked for a moment.")
    {
        RetryAfter = retryAfter,
    };

    /// <summary>404: the application does not exist, or the caller must not know that it does.</summary>
    public static Problem UnknownApplication() =>
        new(StatusCodes.Status404NotFound, ProblemNames.UnknownApplication, "There is no such application.", "The id is no application's.");

    /// <summary>404: the application has no such resource.</summary>
    public static Problem NotFound(string detail) =>
        new(StatusCodes.Status404NotFound, ProblemNames.NotFound, "There is no such thing.", detail);

    /// <summary>404: there is no such URL, or not with this method.</summary>
    public static Problem UnknownUrl() =>
        new(StatusCodes.Status404NotFound, ProblemNames.UnknownUrl, "There is no such URL.", "There is no such URL, or not with this method.");

    /// <summary>400: the request is not valid.</summary>
    public static Problem InvalidRequest(string detail) =>
        new(StatusCodes.Status400BadRequest, ProblemNames.InvalidRequest, "The request is not valid.", detail);

    /// <summary>400: an event is not valid, so no event of the request was counted.</summary>
    public static Problem InvalidEvents(string detail, int? index) =>
        new(StatusCodes.Status400BadRequest, ProblemNames.InvalidEvents, "The events are not valid; none was counted.", detail)
        {
            Index = index,
        };

    /// <summary>400: an uploaded certificate cannot be used.</summary>
    public static Problem InvalidCertificate(string fault, string detail) =>
        new(StatusCodes.Status400BadRequest, ProblemNames.InvalidCertificate, "The certificate is not accepted.", detail)
        {
            CredentialFault = fault,
        };

    /// <summary>400: an uploaded service account key cannot be used.</summary>
    public static Problem InvalidServiceAccount(string fault, string detail) =>
        new(StatusCodes.Status400BadRequest, ProblemNames.InvalidServiceAccount, "The service account's key file is not accepted.", detail)
        {
            CredentialFault = fault,
        };

    /// <summary>413: the body is over its limit.</summary>
    public static Problem BodyTooLarge(string detail) =>
        new(StatusCodes.Status413PayloadTooLarge, ProblemNames.BodyTooLarge, "The body is too large.", detail);

    /// <summary>415: the body is compressed, or encoded otherwise.</summary>
    public static Problem UnsupportedEncoding(string detail) => new(
        StatusCodes.Status415UnsupportedMediaType, ProblemNames.UnsupportedEncoding, "The body's Content-Encoding is not supported.", detail);

    /// <summary>403: the caller does not have the role.</summary>
    public static Problem Forbidden(string detail) =>
        new(StatusCodes.Status403Forbidden, ProblemNames.Forbidden, "The caller may not do this.", detail);

    /// <summary>503: store, vault or platform does not answer.</summary>
    public static Problem Unavailable(TimeSpan? retryAfter = null) => new(
        StatusCodes.Status503ServiceUnavailable, ProblemNames.Unavailable, "The service is not available just now.",
        "The request can be sent again.")
    {
        RetryAfter = retryAfter ?? TimeSpan.FromSeconds(5),
    };

    /// <summary>422: the key was sent with another request before.</summary>
    public static Problem IdempotencyKeyReused() => new(
        StatusCodes.Status422UnprocessableEntity, ProblemNames.IdempotencyKeyReused, "The Idempotency-Key was used for another request.",
        "A key names one request for 24 hours: the same path, query and body.");

    /// <summary>409: the first request with the key is still being answered.</summary>
    public static Problem IdempotencyKeyInUse(TimeSpan retryAfter) => new(
        StatusCodes.Status409Conflict, ProblemNames.IdempotencyKeyInUse, "The first request with the Idempotency-Key is being answered.",
        "Sent again, the request gets the first one's answer.")
    {
        RetryAfter = retryAfter,
    };

    /// <summary>500: a bug. The answer does not describe it.</summary>
    public static Problem InternalError() => new(
        StatusCodes.Status500InternalServerError, ProblemNames.InternalError, "Something went wrong.",
        "The logs have it under the request's id.");

    /// <summary>The answer.</summary>
    public IResult ToResult(HttpRequest request)
    {
        var document = new ProblemDocument(
            TypeRoot + Type, Title, Status, Index is { } index ? $"Event {index}: {Detail}" : Detail, Index,
            CredentialFault, request.HttpContext.TraceIdentifier);
        var body = JsonText.Write(document, ProblemContext.Default.ProblemDocument);
        return new Reply(Status, "application/problem+json", body) { Challenge = Challenge, RetryAfter = RetryAfter };
    }
}

/// <summary>Refuses a request with a problem. The gate turns it into the answer.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Title)
{
    public Problem Problem { get; } = problem;
}

/// <summary>The JSON of a problem (RFC 9457, 3.1), with our own members.</summary>
internal sealed record ProblemDocument(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("title")] string Title,
    [property: JsonPropertyName("status")] int Status,
    [property: JsonPropertyName("detail")] string Detail,
    [property: JsonPropertyName("index")] int? Index,
    [property: JsonPropertyName("fault")] string? Fault,
    [property: JsonPropertyName("request_id")] string RequestId);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class ProblemContext : JsonSerializerContext;
