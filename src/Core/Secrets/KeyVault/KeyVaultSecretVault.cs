using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;

namespace Gatehouse.Secrets.KeyVault;

/// <summary>
/// Azure Key Vault, through its official client. The identity needs the role Key Vault Secrets Officer. The rights to
/// recover and to purge are used where the identity has them.
/// </summary>
/// <remarks>
/// <para>A call is bounded (<see cref="KeyVaultTimeouts.Call"/>). Failures are <see cref="VaultException"/>s, with
/// <see cref="VaultException.RetryAfter"/> where another try may help.</para>
/// <para><see cref="GetOrAddAsync"/> agrees among several instances by <see cref="SecretVersions"/>. It takes a second or
/// two when it creates a secret: once in the life of a vault.</para>
/// <para>A deleted secret stays soft-deleted for the vault's retention time, for an operator to look at or purge. Its name
/// cannot be used meanwhile, so a write recovers it first and then adds its version: that destroys nothing and works under
/// purge protection. The versions from before the deletion no longer count. If the identity may not recover, the name is
/// purged. A secret that was deleted by hand comes back as it was: <see cref="GetOrAddAsync"/> then returns its old value,
/// because something may still be encrypted under it.</para>
/// </remarks>
public sealed class KeyVaultSecretVault(SecretClient client, KeyVaultTimeouts timeouts, TimeProvider time) : ISecretVault
{
    private const int Forbidden = 403, Missing = 404, Conflict = 409;

    /// <summary>A vault at an address such as <c>https://name.vault.azure.net</c>.</summary>
    /// <param name="vault">The vault's address.</param>
    /// <param name="credential">The identity to use.</param>
    /// <param name="timeouts">How long to wait for it.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="transport">Sends the requests; null for the client's own transport.</param>
    public static KeyVaultSecretVault Open(
        Uri vault, TokenCredential credential, KeyVaultTimeouts timeouts, TimeProvider time, HttpPipelineTransport? transport = null) =>
        new(KeyVaultClient.Create(vault, credential, timeouts, transport), timeouts, time);

    /// <inheritdoc/>
    public ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation) =>
        AskAsync(name, FindAsync, cancellation);

    /// <inheritdoc/>
    public ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation)
    {
        SecretLimits.CheckValue(value);
        return AskAsync(
            name, async (name, limit) => Read(name, await WriteAsync(Describe(new KeyVaultSecret(name, value), description), limit)),
            cancellation);
    }

    /// <inheritdoc/>
    public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation)
    {
        SecretLimits.CheckValue(value);
        return AskAsync(
            name,
            async (name, limit) =>
            {
                while (true)
                {
                    if (await FindAsync(name, limit) is { } secret) return secret;
                    await WriteAsync(SecretVersions.Candidate(name, value), limit);
                }
            },
            cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellation) =>
        await AskAsync(
            name,
            async (name, limit) =>
            {
                if (!await ExistsAsync(name, limit)) return false;
                try
                {
                    await client.SetSecretAsync(SecretVersions.Tombstone(name), limit);
                    await client.StartDeleteSecretAsync(name, limit);
                }
                catch (RequestFailedException e) when (IsMissing(e) || e.Status == Conflict)
                {
                    // Another instance deletes it at the same time.
                }
                return true;
            },
            cancellation);

    private async Task<Secret?> FindAsync(string name, CancellationToken limit)
    {
        try
        {
            KeyVaultSecret newest = await client.GetSecretAsync(name, cancellationToken: limit);
            if (!SecretVersions.IsCandidate(newest.Properties)) return Read(name, newest);
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return null;
        }
        catch (RequestFailedException e) when (IsDisabled(e))
        {
            // Disabled by an operator, or because it is a tombstone. Only a list shows the tag that tells.
        }
        if (await ChooseAsync(name, limit) is not { } chosen) return null;
        return Read(name, await client.GetSecretAsync(name, chosen.Version, limit));
    }

    private async Task<SecretProperties?> ChooseAsync(string name, CancellationToken limit)
    {
        while (true)
        {
            var (versions, now) = await ListAsync(name, limit);
            if (SecretVersions.AreSettled(versions, now)) return SecretVersions.Choose(versions);
            await Task.Delay(timeouts.Poll, time, limit);
        }
    }

    // Returns the service's own time as of before the list.
    private async Task<(List<SecretProperties> Versions, DateTimeOffset Now)> ListAsync(string name, CancellationToken limit)
    {
        var versions = new List<SecretProperties>();
        DateTimeOffset? now = null;
        await foreach (var page in client.GetPropertiesOfSecretVersionsAsync(name, limit).AsPages())
        {
            now ??= page.GetRawResponse().Headers.Date ?? time.GetUtcNow();
            versions.AddRange(page.Values);
        }
        return (versions, now ?? time.GetUtcNow());
    }

    private async Task<KeyVaultSecret> WriteAsync(KeyVaultSecret secret, CancellationToken limit)
    {
        while (true)
        {
            try
            {
                return await client.SetSecretAsync(secret, limit);
            }
            catch (RequestFailedException e) when (e.Status == Conflict)
            {
                // Deleted; or being deleted, recovered or purged at this moment, which does not last.
                if (KeyVaultFault.CodeOf(e) == "ObjectIsDeletedButRecoverable") await FreeAsync(secret.Name, limit);
            }
            await Task.Delay(timeouts.Poll, time, limit);
        }
    }

    private async Task FreeAsync(string name, CancellationToken limit)
    {
        try
        {
            if (await MayAsync(() => client.StartRecoverDeletedSecretAsync(name, limit))) return;
            if (await MayAsync(() => client.PurgeDeletedSecretAsync(name, limit))) return;
        }
        catch (RequestFailedException e) when (IsMissing(e) || e.Status == Conflict)
        {
            // Another instance frees the name at the same time.
            return;
        }
        throw new VaultException(
            $"The secret {name} is soft-deleted in Key Vault, and this identity may neither recover nor purge it.");
    }

    private static async Task<bool> MayAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (RequestFailedException e) when (e.Status == Forbidden)
        {
            return false;
        }
    }

    private async Task<bool> ExistsAsync(string name, CancellationToken limit)
    {
        try
        {
            await client.GetSecretAsync(name, cancellationToken: limit);
            return true;
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return false;
        }
        catch (RequestFailedException e) when (IsDisabled(e))
        {
            return true;
        }
    }

    // A 404 without this code does not come from Key Vault.
    private static bool IsMissing(RequestFailedException e) =>
        e.Status == Missing && KeyVaultFault.CodeOf(e) == "SecretNotFound";

    private static bool IsDisabled(RequestFailedException e) =>
        e.Status == Forbidden && KeyVaultFault.CodeOf(e) == "SecretDisabled";

    private static KeyVaultSecret Describe(KeyVaultSecret secret, SecretDescription? description)
    {
        if (description is null) return secret;
        secret.Properties.ContentType = description.ContentType;
        secret.Properties.ExpiresOn = description.ExpiresAt;
        foreach (var (name, value) in description.Tags) secret.Properties.Tags[name] = value;
        return secret;
    }

    private static Secret Read(string name, KeyVaultSecret secret)
    {
        if (secret.Value is null) throw KeyVaultFault.Malformed(name, "it has no value");
        if (secret.Properties.Version is not { Length: > 0 } version) throw KeyVaultFault.Malformed(name, "it has no version");
        return new Secret(name, version, secret.Value);
    }

    // Bounds a call, and turns its failures into VaultExceptions.
    private async ValueTask<T> AskAsync<T>(
        string name, Func<string, CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        SecretLimits.CheckName(name);
        using var late = new CancellationTokenSource(timeouts.Call, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            return await ask(name, limit.Token);
        }
        catch (Exception e) when (e is not VaultException)
        {
            cancellation.ThrowIfCancellationRequested();
            if ((late.IsCancellationRequested ? KeyVaultFault.TooLate(name) : KeyVaultFault.Explain(e, name)) is { } fault) throw fault;
            throw;
        }
    }
}
