using Gatehouse.Access.Audit;
using Gatehouse.Access.Idempotency;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Runs a POST with an <c>Idempotency-Key</c> once. The same request sent again gets the first answer, with
/// <c>Idempotent-Replayed: true</c>. A request without a key runs every time.
/// </summary>
public sealed class IdempotentAnswers(IdempotentCalls calls, ProblemAnswers answers)
{
    private const string Header = "Idempotency-Key";

    // Most calls end in much less time than their limit of five minutes, so callers are told to try again soon.
    private static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(2);

    /// <summary>The idempotency key of a request; null where it is not a POST, or does not have exactly one valid key.</summary>
    internal static IdempotencyKey? KeyOf(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Headers[Header] is [var value] ? IdempotencyKey.TryParse(value) : null;

    /// <summary>Requires that the key of a POST, if there is one, is valid.</summary>
    /// <exception cref="ProblemException">400: it is not, or it is sent twice.</exception>
    internal static void RequireKey(HttpRequest request)
    {
        if (!HttpMethods.IsPost(request.Method) || request.Headers[Header].Count == 0 || KeyOf(request) is not null) return;
        throw new ProblemException(Problem.InvalidRequest(
            $"{Header} must be sent once and have 1 to {IdempotencyKey.Length} visible ASCII characters."));
    }

    /// <summary>Runs an operation, or returns its stored answer.</summary>
    /// <param name="request">The request. If it has a key, its body is buffered, so that the operation can read it again.</param>
    /// <param name="call">The caller, the operation and the key.</param>
    /// <param name="application">The application that the call is about; null for none, or one that is not created yet.</param>
    /// <param name="operation">The operation, with the try if there is a key: then it continues when the caller disconnects.</param>
    /// <param name="cancellation">Cancels the call; if there is a key, only until the operation starts.</param>
    /// <exception cref="ProblemException">400: the key is not valid, or sent twice; 409: the first call is still running; 422: the key was sent with
    /// another request.</exception>
    internal async Task<IResult> AnswerAsync(
        HttpRequest request, AuditCall call, AppId? application, Func<IdempotentTry?, CancellationToken, Task<IResult>> operation,
        CancellationToken cancellation)
    {
        RequireKey(request);
        if (call.IdempotencyKey is not { } key) return await operation(null, cancellation);
        var fingerprint = await FingerprintAsync(request, cancellation);
        IResult? first = null;
        var outcome = await calls.RunAsync(
            call.Caller, key, fingerprint, application,
            async (attempt, running) =>
            {
                first = await answers.AnswerAsync(request, _ => operation(attempt, running));
                return (first as Reply)?.ToStored() ?? NotStored();
            },
            cancellation);
        return outcome switch
        {
            IdempotentOutcome.Answered { Repeated: true } again => Reply.Replay(again.Answer),
            IdempotentOutcome.Answered => first!,
            IdempotentOutcome.Running running =>
                throw new ProblemException(Problem.IdempotencyKeyInUse(running.AtMost < RetryTime ? running.AtMost : RetryTime)),
            _ => throw new ProblemException(Problem.IdempotencyKeyReused()),
        };
    }

    // An answer that is too large to store (an adoption of ten thousand applications) is sent once. The next call runs again.
    private static StoredAnswer NotStored() => new(StatusCodes.Status503ServiceUnavailable, null, default);

    private static async Task<RequestFingerprint> FingerprintAsync(HttpRequest request, CancellationToken cancellation)
    {
        var path = request.GetEncodedPathAndQuery();
        var body = await RequestBody.BufferAsync(request, cancellation);
        if (!MultipartForm.IsSent(request)) return RequestFingerprint.Of(request.Method, path, body);
        var form = await MultipartForm.ReadAsync(request, cancellation);
        return RequestFingerprint.Of(request.Method, path, form!.Content());
    }
}
