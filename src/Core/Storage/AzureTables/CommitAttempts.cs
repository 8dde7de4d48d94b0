using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Gatehouse.Storage.AzureTables;

/// <summary>The attempts of one transaction, which the client sends again by itself.</summary>
internal sealed class CommitAttempts
{
    private const string Property = "Gatehouse.CommitAttempts";

    private volatile bool uncertain;

    /// <summary>
    /// Whether an attempt may have been carried out although its answer was lost. Then a conflict of the next attempt may be
    /// caused by the first.
    /// </summary>
    public bool IsUncertain => uncertain;

    /// <summary>Tracks the requests of this caller until the result is disposed of.</summary>
    public IDisposable Track() =>
        HttpPipeline.CreateHttpMessagePropertiesScope(new Dictionary<string, object?> { [Property] = this });

    /// <summary>The attempts that a message belongs to; null for none.</summary>
    public static CommitAttempts? Of(HttpMessage message) =>
        message.TryGetProperty(Property, out var found) ? found as CommitAttempts : null;

    /// <summary>An attempt has ended without an answer.</summary>
    public void AttemptEnded(Exception fault) => uncertain |= !WasNotSent(fault);

    /// <summary>An attempt has ended with this answer.</summary>
    public void AttemptEnded(Response response) => uncertain |= response.Status is 408 or >= 500 && !WasRefused(response);

    // Without a connection, nothing can have been carried out.
    private static bool WasNotSent(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                        or HttpRequestError.SecureConnectionError,
                })
            {
                return true;
            }
        }
        return false;
    }

    // "The server is currently unable to receive requests": Azure Storage documentation, "Common REST API error codes".
    private static bool WasRefused(Response response) =>
        response.Status == 503 && response.Headers.TryGetValue("x-ms-error-code", out var code) && code == "ServerBusy";
}

/// <summary>Reports to <see cref="CommitAttempts"/> how each attempt ended.</summary>
internal sealed class CommitAttemptsPolicy : HttpPipelinePolicy
{
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var attempts = CommitAttempts.Of(message);
        try
        {
            await ProcessNextAsync(message, pipeline);
        }
        catch (Exception fault)
        {
            attempts?.AttemptEnded(fault);
            throw;
        }
        attempts?.AttemptEnded(message.Response);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("The store sends requests asynchronously only.");
}
