using System.Text.Json;
using System.Text.Json.Serialization;
using Gatehouse.Custody;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Problems;

/// <summary>What is wrong with a request to Gatehouse's own routes, by a type that does not change (RFC 9457).</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Type">The last part of the type's URI, such as <c>unauthenticated</c>.</param>
/// <param name="Title">The type in a few words.</param>
/// <param name="Detail">What is wrong with this request.</param>
internal sealed record Problem(int Status, string Type, string Title, string Detail)
{
    private const string TypeRoot = "urn:gatehouse:problem:";

    /// <summary>The index of the event that is not valid.</summary>
    public int? Index { get; init; }

    /// <summary>What is wrong with an uploaded credential, by a name that does not change.</summary>
    public string? CredentialFault { get; init; }

    /// <summary>The schemes to authenticate with (RFC 9110, 11.6.1); for 401 alone.</summary>
    public string? Challenge { get; init; }

    /// <summary>How long to wait before the request is sent again; null where that would not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>401: no credential, or one that is not good.</summary>
    public static Problem Unauthenticated(string challenge, string detail) =>
        new(StatusCodes.Status401Unauthorized, ProblemNames.Unauthenticated, "The caller is not known.", detail) { Challenge = challenge };

    /// <summary>404: no such application, or none that the caller may know of.</summary>
    public static Problem UnknownApplication() =>
        new(StatusCodes.Status404NotFound, ProblemNames.UnknownApplication, "There is no such application.", "The id is no application's.");

    /// <summary>404: the application has no such resource.</summary>
    public static Problem NotFound(string detail) =>
        new(StatusCodes.Status404NotFound, ProblemNames.NotFound, "There is no such thing.", detail);

    /// <summary>404: there is no such URL, or not with this method.</summary>
    public static Problem UnknownUrl() =>
        new(StatusCodes.Status404NotFound, ProblemNames.UnknownUrl, "There is no such URL.", "There is no such URL, or not with this method.");

    /// <summary>400: the request says something that it must not.</summary>
    public static Problem InvalidRequest(string detail) =>
        new(StatusCodes.Status400BadRequest, ProblemNames.InvalidRequest, "The request is not valid.", detail);

    /// <summary>400: an event is not valid, and so none of its request was counted.</summary>
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

    /// <summary>400: an uploaded key file of a service account cannot be used.</summary>
    public static Problem InvalidServiceAccount(string fault, string detail) =>
        new(StatusCodes.Status400BadRequest, ProblemNames.InvalidServiceAccount, "The service account's key file is not accepted.", detail)
        {
            CredentialFault = fault,
        };

    /// <summary>413: the body is over its limit.</summary>
    public static Problem BodyTooLarge(string detail) =>
        new(StatusCodes.Status413PayloadTooLarge, ProblemNames.BodyTooLarge, "The body is too large.", detail);

    /// <summary>403: the caller is known, and may not do this.</summary>
    public static Problem Forbidden(string detail) =>
        new(StatusCodes.Status403Forbidden, ProblemNames.Forbidden, "The caller may not do this.", detail);

    /// <summary>503: something that is needed cannot answer; the request can be sent again.</summary>
    public static Problem Unavailable(TimeSpan? retryAfter = null) => new(
        StatusCodes.Status503ServiceUnavailable, ProblemNames.Unavailable, "The service is not available just now.",
        "The request can be sent again.")
    {
        RetryAfter = retryAfter ?? TimeSpan.FromSeconds(5),
    };

    /// <summary>422: the key was sent before, with another request.</summary>
    public static Problem IdempotencyKeyReused() => new(
        StatusCodes.Status422UnprocessableEntity, ProblemNames.IdempotencyKeyReused, "The Idempotency-Key was used for another request.",
        "A key names one request for 24 hours: the same path, query and body.");

    /// <summary>409: the first request with the key is being answered.</summary>
    public static Problem IdempotencyKeyInUse(TimeSpan retryAfter) => new(
        StatusCodes.Status409Conflict, ProblemNames.IdempotencyKeyInUse, "The first request with the Idempotency-Key is being answered.",
        "Sent again, the request gets the first one's answer.")
    {
        RetryAfter = retryAfter,
    };

    /// <summary>500: a fault. It says nothing of what it was.</summary>
    public static Problem Fault() => new(
        StatusCodes.Status500InternalServerError, ProblemNames.InternalError, "Something went wrong.",
        "The logs have it under the request's id.");

    /// <summary>The answer.</summary>
    public IResult ToResult(HttpRequest request)
    {
        var document = new ProblemDocument(
            TypeRoot + Type, Title, Status, Index is { } index ? $"Event {index}: {Detail}" : Detail, Index,
            CredentialFault, request.HttpContext.TraceIdentifier);
        var body = JsonSerializer.SerializeToUtf8Bytes(document, ProblemContext.Default.ProblemDocument);
        return new Reply(Status, "application/problem+json", body) { Challenge = Challenge, RetryAfter = RetryAfter };
    }
}

/// <summary>A request is refused: thrown where it is found out, answered by the gate that it came through.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Title)
{
    public Problem Problem { get; } = problem;
}

/// <summary>A problem on the wire (RFC 9457, 3.1), with the members that are our own.</summary>
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
