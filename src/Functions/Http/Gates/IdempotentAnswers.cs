using Gatehouse.Access.Audit;
using Gatehouse.Access.Idempotency;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Answers a POST that carries an <c>Idempotency-Key</c> once: the same request again gets the first answer, with
/// <c>Idempotent-Replayed: true</c>. One without a key is not looked at.
/// </summary>
public sealed class IdempotentAnswers(IdempotentCalls calls, ProblemAnswers answers)
{
    private const string Header = "Idempotency-Key";

    // The first call is seldom long at it; how long it can be at most (five minutes) is nothing to wait for at once.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    /// <summary>The key that a request names itself by; null where it is no POST, or has not exactly one.</summary>
    internal static IdempotencyKey? KeyOf(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Headers[Header] is [var value] ? IdempotencyKey.TryParse(value) : null;

    /// <summary>Runs an operation, or gives the answer that it gave before.</summary>
    /// <param name="request">The request. Where it has a key, its body is read, and can be read again by the operation.</param>
    /// <param name="call">Who calls what, by which key.</param>
    /// <param name="operation">What to do. Where there is a key, it is not given up because the caller is gone.</param>
    /// <param name="cancellation">Gives up, before the operation where there is a key.</param>
    /// <exception cref="ProblemException">400 for what is no key, or several; 409 while the first call is running; 422 where the key was used for another.</exception>
    internal async Task<IResult> AnswerAsync(
        HttpRequest request, AuditCall call, Func<CancellationToken, Task<IResult>> operation, CancellationToken cancellation)
    {
        if (call.IdempotencyKey is not { } key)
        {
            if (!HttpMethods.IsPost(request.Method) || request.Headers[Header].Count == 0) return await operation(cancellation);
            throw new ProblemException(Problem.InvalidRequest(
                $"{Header} must be sent once and have 1 to {IdempotencyKey.Length} visible ASCII characters."));
        }
        var fingerprint = await FingerprintAsync(request, cancellation);
        IResult? first = null;
        var outcome = await calls.RunAsync(
            call.Caller, $"{request.Method} {call.Operation}", key, fingerprint,
            async running =>
            {
                first = await answers.AnswerAsync(request, () => operation(running));
                return (first as Reply)?.ToStored() ?? NotKept();
            },
            cancellation);
        return outcome switch
        {
            IdempotentOutcome.Answered { Repeated: true } again => Reply.Again(again.Answer),
            IdempotentOutcome.Answered => first!,
            IdempotentOutcome.Running running =>
                throw new ProblemException(Problem.IdempotencyKeyInUse(running.AtMost < Moment ? running.AtMost : Moment)),
            _ => throw new ProblemException(Problem.IdempotencyKeyReused()),
        };
    }

    // An answer too large to be kept (an adoption of ten thousand applications) is given this once, as one that decides nothing.
    private static StoredAnswer NotKept() => new(StatusCodes.Status503ServiceUnavailable, null, default);

    private static async Task<RequestFingerprint> FingerprintAsync(HttpRequest request, CancellationToken cancellation)
    {
        var path = request.GetEncodedPathAndQuery();
        var body = await RequestBody.BufferAsync(request, cancellation);
        if (!MultipartForm.IsSent(request)) return RequestFingerprint.Of(path, body);
        var form = await MultipartForm.ReadAsync(request, cancellation);
        return RequestFingerprint.Of(path, form!.Content());
    }
}
