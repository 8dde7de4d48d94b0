using System.Text.Json;
using Azure;
using Azure.Identity;
using Gatehouse.Common;

namespace Gatehouse.Secrets.KeyVault;

/// <summary>
/// Explains Key Vault's failures to an operator. No message quotes a body of Key Vault: it may hold a secret. The client's
/// exceptions quote bodies, so they are not passed on.
/// </summary>
internal static class KeyVaultFault
{
    // Used where the service does not say how long to wait.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    /// <summary>Explains an exception; null where it does not come from Key Vault.</summary>
    public static VaultException? Explain(Exception e, string name) => e switch
    {
        RequestFailedException failed => Explain(failed, name),
        // Several retries failed, each in its own way. The last one describes the current state.
        AggregateException { InnerExceptions: [.., var last] } => Explain(last, name),
        CredentialUnavailableException => new("There is no credential for Key Vault here: no managed identity, or none configured.", e),
        AuthenticationFailedException => new("The credential for Key Vault is refused or has expired.", e),
        OperationCanceledException => TooLate(name),
        _ => Misread(e, name),
    };

    /// <summary>Key Vault has not answered in time.</summary>
    public static VaultException TooLate(string name) =>
        new($"Key Vault has not answered in time about the secret {name}.") { RetryAfter = Soon };

    /// <summary>Key Vault's answer is not what is documented.</summary>
    public static VaultException Malformed(string name, string what) =>
        new($"Key Vault's answer about the secret {name} is malformed: {what}.") { RetryAfter = Soon };

    /// <summary>The error's code, such as <c>SecretNotFound</c>; the more specific inner one where there is one.</summary>
    public static string? CodeOf(RequestFailedException failed)
    {
        if (failed.GetRawResponse() is not { ContentStream.CanSeek: true } response) return failed.ErrorCode;
        try
        {
            using var document = JsonDocument.Parse(response.Content.ToMemory());
            if (!TryGet(document.RootElement, "error", out var error)) return failed.ErrorCode;
            var said = TryGet(error, "innererror", out var inner) && TryGet(inner, "code", out var code) ? code
                : TryGet(error, "code", out code) ? code : default;
            return said.ValueKind == JsonValueKind.String ? said.GetString() : failed.ErrorCode;
        }
        catch (JsonException)
        {
            return failed.ErrorCode;
        }
    }

    private static bool TryGet(JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value);
    }

    private static VaultException Explain(RequestFailedException failed, string name)
    {
        var code = CodeOf(failed);
        return failed.Status switch
        {
            0 => new(ConnectionFault.Explain("Key Vault", failed.InnerException), failed.InnerException) { RetryAfter = Soon },
            401 => new("Key Vault does not accept the credential's token: is it of the vault's own tenant?"),
            403 when code == "SecretDisabled" => new($"The secret {name} is disabled in Key Vault."),
            403 when code is "ForbiddenByFirewall" or "ForbiddenByConnection" => new(
                $"Key Vault's firewall refuses this address ({code}): allow it in the vault's network settings."),
            403 => new($"Key Vault refuses this identity the secret {name} ({code ?? "Forbidden"}): it needs the role Key Vault Secrets Officer."),
            404 => new("There is no Key Vault at the configured address."),
            429 => Unavailable(failed, "throttles"),
            408 or >= 500 => Unavailable(failed, $"cannot answer just now (status {failed.Status})"),
            _ => new($"Key Vault refuses the secret {name} with status {failed.Status} ({code ?? "without a code"})."),
        };
    }

    private static VaultException Unavailable(RequestFailedException failed, string how) =>
        new($"Key Vault {how}.") { RetryAfter = KeyVaultClient.RetryAfter(failed.GetRawResponse()) ?? Soon };

    // What the client throws on an answer that it cannot read, or that does not come from a vault: a challenge for another
    // domain is an InvalidOperationException.
    private static VaultException? Misread(Exception e, string name) =>
        e is JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException or IOException
            ? Malformed(name, e.GetType().Name)
            : null;
}
