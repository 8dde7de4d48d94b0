using Azure.Security.KeyVault.Secrets;

namespace Gatehouse.Functions.Tests.Documents;

// The example of docs/consumers.md, as it stands there.
/// <summary>An API token that Gatehouse rotates in the vault.</summary>
public sealed class TokenFromVault(SecretClient vault, string secretName, TimeProvider time)
{
    // Half of the overlap of its rotations.
    private static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(30);

    private volatile KeptToken? kept;

    /// <summary>The token. It is read again after half an hour, and if the platform has refused it.</summary>
    /// <param name="refused">The token that the platform has just refused (code 400401); otherwise null.</param>
    /// <param name="cancellation">Cancels.</param>
    public async ValueTask<string> GetAsync(string? refused, CancellationToken cancellation)
    {
        if (kept is { } last && last.Token != refused && time.GetUtcNow() - last.ReadAt < KeepFor) return last.Token;
        var secret = await vault.GetSecretAsync(secretName, cancellationToken: cancellation);
        kept = new KeptToken(secret.Value.Value, time.GetUtcNow());
        return secret.Value.Value;
    }

    private sealed record KeptToken(string Token, DateTimeOffset ReadAt);
}
