using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Bench.BareFunction;

/// <summary>The only function.</summary>
public static class View
{
    private static readonly byte[] Body = File.ReadAllBytes(Environment.GetEnvironmentVariable("Body")!);
    private static readonly FixedAnswer Answer = new();

    [Function(nameof(ViewApplication))]
    public static IResult ViewApplication(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v3/applications/info")] HttpRequest request) => Answer;

    private sealed class FixedAnswer : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            httpContext.Response.ContentLength = Body.Length;
            httpContext.Response.Headers.CacheControl = "no-store";
            return httpContext.Response.Body.WriteAsync(Body, httpContext.RequestAborted).AsTask();
        }
    }
}
