using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Gatehouse.Storage.AzureTables;

/// <summary>What became of the tries of one transaction, which the client sends again by itself.</summary>
internal sealed class CommitAttempts
{
    private const string Property = "Gatehouse.CommitAttempts";

    private volatile bool uncertain;

    /// <summary>
    /// Whether a try may have been carried out although its answer was lost: then what the next try is told of the rows may
    /// be the first one's own doing.
    /// </summary>
    public bool IsUncertain => uncertain;

    /// <summary>Until the result is disposed of, follows the requests that this caller makes.</summary>
    public IDisposable Track() =>
        HttpPipeline.CreateHttpMessagePropertiesScope(new Dictionary<string, object?> { [Property] = this });

    /// <summary>The one that follows this message, or null.</summary>
    public static CommitAttempts? Of(HttpMessage message) =>
        message.TryGetProperty(Property, out var found) ? found as CommitAttempts : null;

    /// <summary>A try has ended without an answer.</summary>
    public void AttemptEnded(Exception fault) => uncertain |= !WasNotSent(fault);

    /// <summary>A try has ended with this answer.</summary>
    public void AttemptEnded(Response response) => uncertain |= response.Status is 408 or >= 500 && !WasRefused(response);

    // Nothing can have been carried out where no connection came about.
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

/// <summary>Tells a <see cref="CommitAttempts"/> how each try of its requests ended.</summary>
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
        throw new NotSupportedException("The store asks asynchronously.");
}
