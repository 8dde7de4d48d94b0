using Gatehouse.Functions.Http.Requests;
using Gatehouse.Functions.Observability;
using Gatehouse.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Problems;

/// <summary>
/// Turns what an operation of Gatehouse's own routes throws into problems (RFC 9457), so that no answer is empty or says
/// too much. Every answer carries its request's id.
/// </summary>
public sealed partial class ProblemAnswers(ILogger<ProblemAnswers> log)
{
    private const string RequestId = "X-Request-Id";

    /// <summary>Runs an operation as the function of this name, observed, and answers for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="function">The function's name.</param>
    /// <param name="operation">The operation; it is handed what is cancelled when the caller goes away.</param>
    internal Task<IResult> AnswerAsync(HttpRequest request, string function, Func<CancellationToken, Task<IResult>> operation) =>
        FunctionSpans.ObserveAsync(
            request, function, () => AnswerAsync(request, () => operation(request.HttpContext.RequestAborted)));

    /// <summary>Runs an operation, and answers for it.</summary>
    internal async Task<IResult> AnswerAsync(HttpRequest request, Func<Task<IResult>> operation)
    {
        request.HttpContext.Response.Headers[RequestId] = request.HttpContext.TraceIdentifier;
        try
        {
            return await operation();
        }
        catch (Exception e)
        {
            return ProblemOf(e, request).ToResult(request);
        }
    }

    private Problem ProblemOf(Exception e, HttpRequest request)
    {
        var context = request.HttpContext;
        switch (e)
        {
            case ProblemException refusal:
                return refusal.Problem;
            case RequestException { Fault: RequestFault.BodyTooLarge } invalid:
                return Problem.BodyTooLarge(invalid.Message);
            case RequestException invalid:
                return Problem.InvalidRequest(invalid.Message);
            case UsageRequestException invalid:
                return Problem.InvalidEvents(invalid.Message, invalid.Index);
            case BadHttpRequestException:
                return Problem.InvalidRequest("The request is not valid HTTP.");
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                return Problem.Unavailable();
            case OperationCanceledException:
                // It has used up its time (IdempotentCalls.OperationTimeout).
                LogUnavailable(context.TraceIdentifier, e);
                return Problem.Unavailable();
            default:
                if (CustodyProblems.Of(e) is { } problem)
                {
                    if (problem.Status >= StatusCodes.Status500InternalServerError) LogUnavailable(context.TraceIdentifier, e);
                    return problem;
                }
                LogFault(context.TraceIdentifier, e);
                return Problem.Fault();
        }
    }

    [LoggerMessage(110, LogLevel.Error, "Request {RequestId}: store, vault or platform cannot answer.")]
    private partial void LogUnavailable(string requestId, Exception e);

    [LoggerMessage(111, LogLevel.Error, "Request {RequestId} failed.")]
    private partial void LogFault(string requestId, Exception e);
}
