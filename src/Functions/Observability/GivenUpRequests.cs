using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Observability;

/// <summary>Requests that nobody waits for any more.</summary>
internal static class GivenUpRequests
{
    /// <summary>
    /// Whether the caller is gone, or the host has taken the call back. A Functions host says the latter by the function's
    /// own cancellation, which may come before the connection's or without it.
    /// </summary>
    public static bool IsGivenUp(this HttpRequest request, CancellationToken cancellation) =>
        cancellation.IsCancellationRequested || request.HttpContext.RequestAborted.IsCancellationRequested;
}
