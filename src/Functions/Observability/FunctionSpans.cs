using System.Diagnostics;
using System.Globalization;
using Gatehouse.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Observability;

/// <summary>Records a span and a measure for each request, if they are exported.</summary>
internal static class FunctionSpans
{
    /// <summary>Records the answer to a request. The span is a child of the caller's, if it sent one (W3C Trace Context).</summary>
    /// <param name="request">The request.</param>
    /// <param name="operation">The function's name.</param>
    /// <param name="state">What the operation needs.</param>
    /// <param name="answer">The operation. It does not throw.</param>
    public static Task<IResult> ObserveAsync<T>(HttpRequest request, string operation, T state, Func<HttpRequest, T, Task<IResult>> answer) =>
        IsObserved ? ObservedAsync(request, operation, state, answer) : answer(request, state);

    private static bool IsObserved => Spans.HasListeners || Measures.CallDuration.Enabled;

    private static async Task<IResult> ObservedAsync<T>(HttpRequest request, string operation, T state, Func<HttpRequest, T, Task<IResult>> answer)
    {
        var headers = request.Headers;
        var caller = ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var sent) ? sent : default;
        using var span = Spans.Start(operation, ActivityKind.Server, caller);
        var began = Stopwatch.GetTimestamp();
        var result = await answer(request, state);
        var status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
        // The caller has disconnected, so its answer is no error of the server.
        if (status >= StatusCodes.Status500InternalServerError && request.HttpContext.RequestAborted.IsCancellationRequested)
            status = StatusCodes.Status499ClientClosedRequest;
        span?.SetTag("http.request.method", request.Method);
        span?.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError) span?.SetStatus(ActivityStatusCode.Error);
        Measures.RecordCall(began, operation, status.ToString(CultureInfo.InvariantCulture));
        return result;
    }
}
