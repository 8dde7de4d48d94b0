using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Gatehouse.Storage.AzureTables;

/// <summary>Makes the official client, tuned to a bounded wait.</summary>
internal static class AzureTableClient
{
    public static TableServiceClient Create(string connectionString, AzureTablePatience patience, HttpPipelineTransport? transport) =>
        new(connectionString, Options(patience, transport));

    public static TableServiceClient Create(
        Uri endpoint, TokenCredential credential, AzureTablePatience patience, HttpPipelineTransport? transport) =>
        new(endpoint, credential, Options(patience, transport));

    private static TableClientOptions Options(AzureTablePatience patience, HttpPipelineTransport? transport)
    {
        var options = new TableClientOptions
        {
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = patience.Retries,
                Delay = patience.FirstDelay,
                MaxDelay = patience.LongestDelay,
                NetworkTimeout = patience.Attempt,
            },
            // Its default; said here because a body holds rows.
            Diagnostics = { IsLoggingContentEnabled = false },
        };
        options.AddPolicy(new SendingPolicy(), HttpPipelinePosition.PerRetry);
        if (transport is not null) options.Transport = transport;
        return options;
    }
}
