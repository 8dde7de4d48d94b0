using System.Collections.Concurrent;
using System.Security.Cryptography;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Custody;

/// <summary>
/// The master tokens. They are stored in the vault only, under <c>master-token-{app id}</c>, and given to one call at a
/// time.
/// </summary>
/// <remarks>
/// They are cached for <see cref="VaultCredential.CacheTime"/>. An instance can go on using a token that was replaced in the
/// vault for this long, unless the platform refuses it: then it is read from the vault again at once.
/// </remarks>
public sealed class MasterTokens(ISecretVault vault, TimeProvider time, CustodyAnnouncer? announce = null)
{
    private readonly TimeProvider time = time;
    private readonly ConcurrentDictionary<AppId, CachedToken> cache = new();
    private long nextSweep;

    /// <summary>The name of an application's master token in the vault.</summary>
    public static string SecretName(AppId application) => $"master-token-{application}";

    /// <summary>
    /// Works on an application under its master token. When the platform answers 400401, the token is read from the vault
    /// again, once; if it has changed, the work is done again.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.MasterTokenMissing"/>;
    /// <see cref="CustodyFault.MasterTokenMalformed"/>.</exception>
    /// <exception cref="PlatformException">The work threw it; 400401 where the vault's token is not valid.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public Task<T> UseAsync<T>(
        AppId application, Func<ApplicationCredential, Task<T>> work, CancellationToken cancellation) =>
        VaultCredential.UseAsync<MasterToken, CachedToken, T>(
            new MasterToken(this, application), cached => work(new ApplicationCredential(application, cached.Token)), cancellation);

    /// <summary>The same for work without a result.</summary>
    public Task UseAsync(AppId application, Func<ApplicationCredential, Task> work, CancellationToken cancellation) =>
        UseAsync(
            application,
            async credential =>
            {
                await work(credential);
                return true;
            },
            cancellation);

    /// <summary>Whether the vault itself, not the cache, holds this master token.</summary>
    internal async Task<bool> IsInVaultAsync(AppId application, ApiToken token, CancellationToken cancellation) =>
        await vault.GetAsync(SecretName(application), cancellation) is { } secret
        && Parse(secret) is { } held && AreEqual(held, token);

    /// <summary>Stores a master token in the vault.</summary>
    internal async Task StoreAsync(AppId application, ApiToken token, CancellationToken cancellation)
    {
        var secret = await vault.SetAsync(SecretName(application), token.Reveal(), CustodySecrets.OfMaster(application), cancellation);
        Cache(application, token, secret.Version);
    }

    /// <summary>Removes a master token from the vault.</summary>
    internal async Task DeleteAsync(AppId application, CancellationToken cancellation)
    {
        cache.TryRemove(application, out _);
        await vault.DeleteAsync(SecretName(application), cancellation);
        cache.TryRemove(application, out _);
    }

    /// <summary>Removes a token from the cache, so that the next use reads it from the vault.</summary>
    internal void Invalidate(AppId application) => cache.TryRemove(application, out _);

    private async Task<CachedToken> PullAsync(AppId application, CancellationToken cancellation)
    {
        var name = SecretName(application);
        var secret = await vault.GetAsync(name, cancellation)
            ?? throw new CustodyException(CustodyFault.MasterTokenMissing, $"The vault holds no secret {name}.");
        var token = Parse(secret) ?? throw new CustodyException(
            CustodyFault.MasterTokenMalformed, $"The secret {name} is not an API token of {ApiToken.Length} hex digits in lower case.");
        return Cache(application, token, secret.Version);
    }

    // An operator may have stored the token from a file that ends with a line break.
    private static ApiToken? Parse(Secret secret) => ApiToken.TryParse(secret.Reveal().Trim());

    private CachedToken Cache(AppId application, ApiToken token, string version)
    {
        var now = time.GetUtcNow();
        Sweep(now);
        return cache[application] = new CachedToken(token, version, now + VaultCredential.CacheTime);
    }

    // Otherwise the token of an application that is not used again would stay in memory.
    private void Sweep(DateTimeOffset now)
    {
        var due = Interlocked.Read(ref nextSweep);
        if (now.UtcTicks < due || Interlocked.CompareExchange(ref nextSweep, (now + VaultCredential.CacheTime).UtcTicks, due) != due) return;
        foreach (var entry in cache)
            if (entry.Value.Until <= now) cache.TryRemove(entry);
    }

    private async ValueTask AnnounceRefusalAsync(AppId application, CachedToken refused, CancellationToken cancellation)
    {
        if (announce is null) return;
        try
        {
            await announce(CustodyEvent.MasterRefused(application, refused.Version, time.GetUtcNow()), cancellation);
        }
        catch (StoreUnavailableException)
        {
            // The caller must see the platform's refusal; the event will be seen again.
        }
    }

    private static bool AreEqual(ApiToken one, ApiToken other) => CryptographicOperations.FixedTimeEquals(one.Hash, other.Hash);

    private readonly struct MasterToken(MasterTokens all, AppId application) : IVaultCredential<CachedToken>
    {
        public CachedToken? Cached =>
            all.cache.TryGetValue(application, out var cached) && all.time.GetUtcNow() < cached.Until ? cached : null;

        public Task<CachedToken> PullAsync(CancellationToken cancellation) => all.PullAsync(application, cancellation);

        public void Forget() => all.cache.TryRemove(application, out _);

        public bool AreEqual(CachedToken one, CachedToken other) => MasterTokens.AreEqual(one.Token, other.Token);

        public ValueTask OnRefusedAsync(CachedToken refused, CancellationToken cancellation) =>
            all.AnnounceRefusalAsync(application, refused, cancellation);
    }

    private sealed record CachedToken(ApiToken Token, string Version, DateTimeOffset Until);
}
