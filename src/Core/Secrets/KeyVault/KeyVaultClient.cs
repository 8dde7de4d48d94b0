using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;

namespace Gatehouse.Secrets.KeyVault;

/// <summary>Makes the official client, tuned to a bounded wait.</summary>
internal static class KeyVaultClient
{
    public static SecretClient Create(
        Uri vault, TokenCredential credential, KeyVaultTimeouts timeouts, HttpPipelineTransport? transport)
    {
        var options = new SecretClientOptions(SecretClientOptions.ServiceVersion.V7_6)
        {
            RetryPolicy = new BoundedRetryPolicy(timeouts),
            Retry = { NetworkTimeout = timeouts.Attempt },
            // Its default; said here because a body of Key Vault's is a secret.
            Diagnostics = { IsLoggingContentEnabled = false },
        };
        if (transport is not null) options.Transport = transport;
        return new SecretClient(vault, credential, options);
    }

    /// <summary>How long the service asks to be left alone (RFC 9110, 10.2.3, and the finer form that Azure knows).</summary>
    public static TimeSpan? RetryAfter(Response? response)
    {
        if (response is null) return null;
        if (response.Headers.TryGetValue("retry-after-ms", out var text) && int.TryParse(text, out var milliseconds))
            return TimeSpan.FromMilliseconds(milliseconds);
        if (!response.Headers.TryGetValue("Retry-After", out text)) return null;
        if (int.TryParse(text, out var seconds)) return TimeSpan.FromSeconds(seconds);
        // An instant is on the service's clock, and so is the answer's date.
        return DateTimeOffset.TryParse(text, out var instant) && response.Headers.Date is { } now && instant > now
            ? instant - now
            : null;
    }

    // The client's own retries, but none that would only use up the call's time.
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
