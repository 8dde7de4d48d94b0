using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gatehouse.Access;

/// <summary>The keys that a tenant publishes, at one time.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="ReadAt">When they were read.</param>
internal sealed record SigningKeySet(IReadOnlyCollection<SecurityKey> Keys, DateTimeOffset ReadAt);

/// <summary>
/// The keys that a tenant signs tokens with, as its OpenID Connect metadata publish them. They are read when they are first
/// needed, every 12 hours, and when a token names one that is not there; but not twice a minute, whatever tokens come.
/// </summary>
/// <remarks>
/// While the tenant cannot be reached, the last keys hold for 24 hours from when they were read: so long may a key that was
/// withdrawn still be taken. The library's own ConfigurationManager has neither that bound nor a clock that can be set,, and
/// its HttpDocumentRetriever cannot be cancelled: so both are done here, and the reading of the documents is the library's.
/// </remarks>
internal sealed class SigningKeys(string metadataAddress, bool local, TimeProvider time) : IDocumentRetriever, IDisposable
{
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromHours(12);
    public static readonly TimeSpan UsableFor = TimeSpan.FromHours(24);
    public static readonly TimeSpan BetweenRefreshes = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan BetweenFailures = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int MostBytes = 1024 * 1024;

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
    })
    {
        MaxResponseContentBufferSize = MostBytes,
    };

    private readonly Lock gate = new();
    private SigningKeySet? current;
    private Task<SigningKeySet?>? reading;
    private DateTimeOffset failedAt = DateTimeOffset.MinValue;

    /// <summary>The keys; null where they cannot be had.</summary>
    public async ValueTask<SigningKeySet?> GetAsync(CancellationToken cancellation)
    {
        var keys = Volatile.Read(ref current);
        if (keys is not null && Age(keys) < RefreshAfter) return keys;
        if (await ReadAsync(cancellation) is { } fresh) return fresh;
        return keys is not null && Age(keys) < UsableFor ? keys : null;
    }

    /// <summary>
    /// The keys after a token named one that was not among those <paramref name="seen"/>: the same again where they have been
    /// read just now; null where they cannot be had.
    /// </summary>
    public async ValueTask<SigningKeySet?> GetNewerAsync(SigningKeySet seen, CancellationToken cancellation)
    {
        var keys = Volatile.Read(ref current);
        if (keys is not null && keys != seen) return keys;
        return Age(seen) < BetweenRefreshes ? seen : await ReadAsync(cancellation);
    }

    public void Dispose() => http.Dispose();

    // The metadata, and the keys at the address that the metadata give.
    async Task<string> IDocumentRetriever.GetDocumentAsync(string address, CancellationToken cancel)
    {
        var uri = new Uri(address);
        if (uri.Scheme != Uri.UriSchemeHttps && !local) throw new IOException($"{address} is not to be asked without TLS.");
        return await http.GetStringAsync(uri, cancel);
    }

    private TimeSpan Age(SigningKeySet keys) => time.GetUtcNow() - keys.ReadAt;

    // However many tokens wait for the keys, they are read once, and not for one of them alone: who gives up, gives up waiting.
    private async ValueTask<SigningKeySet?> ReadAsync(CancellationToken cancellation)
    {
        Task<SigningKeySet?> read;
        lock (gate)
        {
            if (reading is null && time.GetUtcNow() - failedAt < BetweenFailures) return null;
            read = reading ??= RetrieveAsync();
        }
        return await read.WaitAsync(cancellation);
    }

    private async Task<SigningKeySet?> RetrieveAsync()
    {
        // Off the lock that this is called under.
        await Task.Yield();
        SigningKeySet? keys = null;
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            var metadata = await OpenIdConnectConfigurationRetriever.GetAsync(metadataAddress, this, patience.Token);
            if (metadata.SigningKeys.Count > 0) keys = new SigningKeySet([.. metadata.SigningKeys], time.GetUtcNow());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is that the other side sent or did not send: there are no keys, and that is what is answered.
        }
        lock (gate)
        {
            if (keys is null) failedAt = time.GetUtcNow();
            else current = keys;
            reading = null;
        }
        return keys;
    }
}
