using Gatehouse.Functions.Http.Requests;
using Gatehouse.Functions.Observability;
using Gatehouse.Usage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Problems;

/// <summary>
/// Answers the requests of Gatehouse's own routes. Exceptions become problems (RFC 9457), which show no internals. Every
/// answer has the id of its request.
/// </summary>
public sealed partial class ProblemAnswers(ILogger<ProblemAnswers> log)
{
    private const string RequestId = "X-Request-Id";

    /// <summary>Runs an operation and returns its answer, with a span and a measure under the function's name.</summary>
    /// <param name="request">The request.</param>
    /// <param name="function">The function's name.</param>
    /// <param name="operation">The operation; its token is cancelled when the caller disconnects.</param>
    internal Task<IResult> AnswerAsync(HttpRequest request, string function, Func<CancellationToken, Task<IResult>> operation) =>
        FunctionSpans.ObserveAsync(
            request, function, (Answers: this, Operation: operation), static (request, call) => call.Answers.AnswerAsync(request, call.Operation));

    /// <summary>Runs an operation and returns its answer.</summary>
    internal async Task<IResult> AnswerAsync(HttpRequest request, Func<CancellationToken, Task<IResult>> operation)
    {
        request.HttpContext.Response.Headers[RequestId] = request.HttpContext.TraceIdentifier;
        try
        {
            return await operation(request.HttpContext.RequestAborted);
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
            case RequestException { Fault: RequestFault.Encoded } invalid:
                return Problem.UnsupportedEncoding(invalid.Message);
            case RequestException { Fault: RequestFault.NoMemory }:
                return Problem.Unavailable();
            case RequestException invalid:
                return Problem.InvalidRequest(invalid.Message);
            case UsageRequestException invalid:
                return Problem.InvalidEvents(invalid.Message, invalid.Index);
            // The second: the caller has reset the connection before the body's end.
            case BadHttpRequestException or ConnectionResetException:
                return Problem.InvalidRequest("The request is not valid HTTP.");
            case OperationCanceledException when context.RequestAborted.IsCancellationRequested:
                return Problem.Unavailable();
            case OperationCanceledException:
                // The operation has exceeded its time limit (IdempotentCalls.OperationTimeout).
                LogUnavailable(context.TraceIdentifier, e);
                return Problem.Unavailable();
            default:
                if (CoreProblems.Of(e) is { } problem)
                {
                    if (problem.Status >= StatusCodes.Status500InternalServerError) LogUnavailable(context.TraceIdentifier, e);
                    return problem;
                }
                LogFault(context.TraceIdentifier, e);
                return Problem.InternalError();
        }
    }

    [LoggerMessage(110, LogLevel.Error, "Request {RequestId}: store, vault or platform does not answer.")]
    private partial void LogUnavailable(string requestId, Exception e);

    [LoggerMessage(111, LogLevel.Error, "Request {RequestId} failed.")]
    private partial void LogFault(string requestId, Exception e);
}
