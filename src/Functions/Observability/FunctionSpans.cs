using System.Diagnostics;
using System.Globalization;
using Gatehouse.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Observability;

/// <summary>Records a span and a measure for each call of a function, if they are exported.</summary>
internal static class FunctionSpans
{
    /// <summary>Records the answer to a request. The span is a child of the caller's, if it sent one (W3C Trace Context).</summary>
    /// <param name="request">The request.</param>
    /// <param name="operation">The function's name.</param>
    /// <param name="answer">The operation. It does not throw.</param>
    public static Task<IResult> ObserveAsync(HttpRequest request, string operation, Func<Task<IResult>> answer) =>
        IsObserved ? ObservedAsync(request, operation, answer) : answer();

    /// <summary>Records a run of a timer. A stopped run is not a failure, because the next run continues.</summary>
    /// <param name="operation">The function's name.</param>
    /// <param name="run">The operation. Its exceptions are rethrown, except when the run is stopped.</param>
    /// <param name="stopping">Stops the run.</param>
    public static async Task ObserveAsync(string operation, Func<Task> run, CancellationToken stopping)
    {
        using var span = Spans.Start(operation, ActivityKind.Internal);
        var began = Stopwatch.GetTimestamp();
        var outcome = "failed";
        try
        {
            await run();
            outcome = "done";
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            outcome = "stopped";
        }
        catch (Exception e)
        {
            span.Fail(e);
            throw;
        }
        finally
        {
            Record(began, operation, outcome);
        }
    }

    private static bool IsObserved => Spans.HasListeners || Measures.CallDuration.Enabled;

    private static async Task<IResult> ObservedAsync(HttpRequest request, string operation, Func<Task<IResult>> answer)
    {
        var headers = request.Headers;
        var caller = ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var sent) ? sent : default;
        using var span = Spans.Start(operation, ActivityKind.Server, caller);
        var began = Stopwatch.GetTimestamp();
        var result = await answer();
        var status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
        span?.SetTag("http.request.method", request.Method);
        span?.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError) span?.SetStatus(ActivityStatusCode.Error);
        Record(began, operation, status.ToString(CultureInfo.InvariantCulture));
        return result;
    }

    private static void Record(long began, string operation, string outcome) => Measures.CallDuration.Record(
        Stopwatch.GetElapsedTime(began).TotalSeconds, new("operation", operation), new("outcome", outcome));
}
