using Gatehouse.Secrets;

namespace Gatehouse.Platform;

/// <summary>A credential for the platform that is stored in the vault and cached in memory.</summary>
internal interface IVaultCredential<TCredential> where TCredential : class
{
    /// <summary>The cached credential; null if there is none, or it is older than <see cref="VaultCredential.CacheTime"/>.</summary>
    TCredential? Cached { get; }

    /// <summary>Reads the credential from the vault and caches it.</summary>
    Task<TCredential> PullAsync(CancellationToken cancellation);

    /// <summary>Removes the credential from the cache.</summary>
    void Forget();

    /// <summary>Whether two credentials are the same.</summary>
    bool AreEqual(TCredential one, TCredential other);

    /// <summary>Called when the platform refuses the credential that the vault holds now.</summary>
    ValueTask OnRefusedAsync(TCredential refused, CancellationToken cancellation);
}

/// <summary>How credentials from the vault are cached and used.</summary>
public static class VaultCredential
{
    /// <summary>
    /// How long a credential is cached. An instance can go on using a credential that was replaced in the vault for this long,
    /// unless the platform refuses it: then it is read from the vault again at once.
    /// </summary>
    public static readonly TimeSpan CacheTime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Does work under a credential. When the platform answers 400401, the credential is read from the vault again, once; if it
    /// has changed, the work is done again.
    /// </summary>
    /// <exception cref="PlatformException">The work threw it; 400401 where the vault's credential is not valid.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    internal static async Task<T> UseAsync<TSource, TCredential, T>(
        TSource source, Func<TCredential, Task<T>> work, CancellationToken cancellation)
        where TSource : IVaultCredential<TCredential>
        where TCredential : class
    {
        var credential = source.Cached ?? await source.PullAsync(cancellation);
        try
        {
            return await work(credential);
        }
        catch (PlatformException e) when (e.Code == PlatformException.InvalidCredentialCode)
        {
            source.Forget();
            var pulled = await source.PullAsync(cancellation);
            if (source.AreEqual(pulled, credential))
            {
                await source.OnRefusedAsync(pulled, cancellation);
                throw;
            }
            credential = pulled;
        }
        try
        {
            return await work(credential);
        }
        catch (PlatformException e) when (e.Code == PlatformException.InvalidCredentialCode)
        {
            source.Forget();
            await source.OnRefusedAsync(credential, cancellation);
            throw;
        }
    }
}
