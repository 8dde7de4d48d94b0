using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gatehouse.Access.Callers;

/// <summary>The keys that a tenant published at one time.</summary>
/// <param name="Keys">The keys; at least one.</param>
/// <param name="ReadAt">When they were read.</param>
internal sealed record SigningKeySet(IReadOnlyCollection<SecurityKey> Keys, DateTimeOffset ReadAt);

/// <summary>
/// The keys that a tenant signs tokens with, from its OpenID Connect metadata. They are read at the first token, every
/// <see cref="RefreshAfter"/>, and when a token names an unknown key.
/// </summary>
/// <remarks>
/// IdentityModel's <see cref="ConfigurationManager{T}"/> caches and refreshes them. Two rules are added here. While the tenant
/// cannot be reached, the last keys are used for <see cref="UsableFor"/> at most, so a withdrawn key is accepted no longer
/// than that. And after a failed refresh, tokens with unknown keys cause no other one for <see cref="BetweenRefreshes"/>.
/// </remarks>
internal sealed class SigningKeys : IConfigurationRetriever<SigningKeySet>, IDisposable
{
    /// <summary>When the keys are read again. The manager adds up to a twentieth.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromHours(12);

    /// <summary>The highest age at which keys are used.</summary>
    public static readonly TimeSpan UsableFor = TimeSpan.FromHours(24);

    /// <summary>The time between two reads that tokens with unknown keys cause, and between two reads that fail.</summary>
    public static readonly TimeSpan BetweenRefreshes = TimeSpan.FromMinutes(1);

    /// <summary>The longest that one read takes.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    private const int MaxDocumentSize = 1024 * 1024;

    private readonly HttpClient http;
    private readonly TimeProvider time;
    private long failedAt;

    public SigningKeys(string metadataAddress, bool local, TimeProvider time)
    {
        this.time = time;
        failedAt = time.GetTimestamp() - (long)(BetweenRefreshes.TotalSeconds * time.TimestampFrequency);
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        })
        {
            MaxResponseContentBufferSize = MaxDocumentSize,
            Timeout = ReadTimeout,
        };
        // The metadata name the address of the keys, so HTTPS is required for each document.
        var documents = new HttpDocumentRetriever(http) { RequireHttps = !local };
        Manager = new ConfigurationManager<SigningKeySet>(metadataAddress, this, documents)
        {
            AutomaticRefreshInterval = RefreshAfter,
            RefreshInterval = BetweenRefreshes,
        };
    }

    /// <summary>The cache.</summary>
    public ConfigurationManager<SigningKeySet> Manager { get; }

    /// <summary>The keys; null if there are none that can be used.</summary>
    public async ValueTask<SigningKeySet?> GetAsync(CancellationToken cancellation)
    {
        try
        {
            // One caller reads the keys for all. If it stops waiting, the read continues for the others.
            var keys = await Manager.GetConfigurationAsync(cancellation).WaitAsync(cancellation);
            return Age(keys) < UsableFor ? keys : null;
        }
        catch (InvalidOperationException)
        {
            // The manager has no keys yet, and the tenant gave none.
            return null;
        }
    }

    /// <summary>
    /// The keys after a token named one that is not among those <paramref name="seen"/>: the same again if they were read
    /// just now; null if they cannot be read.
    /// </summary>
    public async ValueTask<SigningKeySet?> GetNewerAsync(SigningKeySet seen, CancellationToken cancellation)
    {
        if (time.GetElapsedTime(Volatile.Read(ref failedAt)) >= BetweenRefreshes) Manager.RequestRefresh();
        var keys = await GetAsync(cancellation);
        return keys != seen || Age(seen) < BetweenRefreshes ? keys : null;
    }

    public void Dispose() => http.Dispose();

    async Task<SigningKeySet> IConfigurationRetriever<SigningKeySet>.GetConfigurationAsync(
        string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        try
        {
            // HttpDocumentRetriever cannot be cancelled, so the read is left behind.
            var metadata = await OpenIdConnectConfigurationRetriever.GetAsync(address, retriever, cancel)
                .WaitAsync(ReadTimeout, time, cancel);
            if (metadata.SigningKeys.Count == 0) throw new InvalidDataException($"{address} leads to no keys.");
            return new SigningKeySet([.. metadata.SigningKeys], time.GetUtcNow());
        }
        catch
        {
            Volatile.Write(ref failedAt, time.GetTimestamp());
            throw;
        }
    }

    private TimeSpan Age(SigningKeySet keys) => time.GetUtcNow() - keys.ReadAt;
}
