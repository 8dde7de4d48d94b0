using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Gatehouse.Storage.AzureTables;

/// <summary>Creates the official client with bounded timeouts.</summary>
internal static class AzureTableClient
{
    public static TableServiceClient Create(string connectionString, AzureTableTimeouts timeouts, HttpPipelineTransport? transport) =>
        new(connectionString, Options(timeouts, transport));

    public static TableServiceClient Create(
        Uri endpoint, TokenCredential credential, AzureTableTimeouts timeouts, HttpPipelineTransport? transport) =>
        new(endpoint, credential, Options(timeouts, transport));

    private static TableClientOptions Options(AzureTableTimeouts timeouts, HttpPipelineTransport? transport)
    {
        var options = new TableClientOptions
        {
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = timeouts.Retries,
                Delay = timeouts.FirstDelay,
                MaxDelay = timeouts.LongestDelay,
                NetworkTimeout = timeouts.Attempt,
            },
            // Off by default; set here explicitly because bodies hold rows.
            Diagnostics = { IsLoggingContentEnabled = false },
        };
        options.AddPolicy(new CommitAttemptsPolicy(), HttpPipelinePosition.PerRetry);
        if (transport is not null) options.Transport = transport;
        return options;
    }
}
