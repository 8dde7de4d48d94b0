using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;

namespace Gatehouse.Secrets.KeyVault;

/// <summary>Creates the official client with bounded timeouts.</summary>
internal static class KeyVaultClient
{
    public static SecretClient Create(
        Uri vault, TokenCredential credential, KeyVaultTimeouts timeouts, HttpPipelineTransport? transport)
    {
        var options = new SecretClientOptions(SecretClientOptions.ServiceVersion.V7_6)
        {
            RetryPolicy = new BoundedRetryPolicy(timeouts),
            Retry = { NetworkTimeout = timeouts.Attempt },
            // Off by default; set here explicitly because the bodies hold secrets.
            Diagnostics = { IsLoggingContentEnabled = false },
        };
        if (transport is not null) options.Transport = transport;
        return new SecretClient(vault, credential, options);
    }

    /// <summary>How long the service asks to wait (RFC 9110, 10.2.3, and Azure's own header in milliseconds).</summary>
    public static TimeSpan? RetryAfter(Response? response)
    {
        if (response is null) return null;
        if (response.Headers.TryGetValue("retry-after-ms", out var text) && int.TryParse(text, out var milliseconds))
            return TimeSpan.FromMilliseconds(milliseconds);
        if (!response.Headers.TryGetValue("Retry-After", out text)) return null;
        if (int.TryParse(text, out var seconds)) return TimeSpan.FromSeconds(seconds);
        // A date is on the service's clock, and so is the Date header of the answer.
        return DateTimeOffset.TryParse(text, out var instant) && response.Headers.Date is { } now && instant > now
            ? instant - now
            : null;
    }

    // The client's own retries, except those that would only use up the call's time.
    private sealed class BoundedRetryPolicy(KeyVaultTimeouts timeouts) : RetryPolicy(
        timeouts.Retries, DelayStrategy.CreateExponentialDelayStrategy(timeouts.FirstDelay, timeouts.LongestDelay))
    {
        protected override bool ShouldRetry(HttpMessage message, Exception? exception) =>
            !AsksForMore(message) && base.ShouldRetry(message, exception);

        protected override ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
            AsksForMore(message) ? ValueTask.FromResult(false) : base.ShouldRetryAsync(message, exception);

        private bool AsksForMore(HttpMessage message) =>
            message.HasResponse && RetryAfter(message.Response) > timeouts.LongestDelay;
    }
}
