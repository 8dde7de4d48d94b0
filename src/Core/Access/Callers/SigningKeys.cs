using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gatehouse.Access.Callers;

/// <summary>The keys that a tenant published at one time.</summary>
/// <param name="Keys">The keys; at least one.</param>
/// <param name="ReadAt">When they were read.</param>
/// <param name="Timestamp">The same on the clock of elapsed time, which cannot be set.</param>
internal sealed record SigningKeySet(IReadOnlyCollection<SecurityKey> Keys, DateTimeOffset ReadAt, long Timestamp);

/// <summary>
/// The keys that a tenant signs tokens with, from its OpenID Connect metadata. They are read at the first token, every
/// <see cref="RefreshAfter"/>, and when a token names an unknown key.
/// </summary>
/// <remarks>
/// <para>Tokens are checked with the last keys while a refresh runs. A caller waits only if there are no keys yet, or if its
/// token names an unknown key.
/// While the tenant cannot be reached, the last keys are used for <see cref="UsableFor"/> at most, so a withdrawn key is
/// accepted no longer than that.</para>
/// <para>IdentityModel's <c>ConfigurationManager</c> either lets valid callers wait for a refresh, or refuses the first token
/// that is signed with a new key.</para>
/// </remarks>
internal sealed class SigningKeys : IDisposable
{
    /// <summary>When the keys are read again.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromHours(12);

    /// <summary>The highest age at which keys are used.</summary>
    public static readonly TimeSpan UsableFor = TimeSpan.FromHours(24);

    /// <summary>The time between two reads that tokens with unknown keys cause, and between two reads that fail.</summary>
    public static readonly TimeSpan BetweenRefreshes = TimeSpan.FromMinutes(1);

    /// <summary>The time between two reads that fail while there are no keys that can be used.</summary>
    public static readonly TimeSpan BetweenFirstReads = TimeSpan.FromSeconds(5);

    /// <summary>The longest that one read takes.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    private const int MaxDocumentSize = 1024 * 1024;

    private static readonly Task<SigningKeySet?> NoKeys = Task.FromResult<SigningKeySet?>(null);

    private readonly HttpClient http;
    private readonly HttpDocumentRetriever documents;
    private readonly string metadataAddress;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private SigningKeySet? current;
    private Task<SigningKeySet?> reading = NoKeys;
    private long? failedAt;
    private long? unknownAt;

    public SigningKeys(string metadataAddress, bool local, TimeProvider time)
    {
        this.metadataAddress = metadataAddress;
        this.time = time;
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
        documents = new HttpDocumentRetriever(http) { RequireHttps = !local };
    }

    /// <summary>The read that is running, or the last one. Its result is null if it has failed.</summary>
    public Task<SigningKeySet?> Reading
    {
        get
        {
            lock (gate) return reading;
        }
    }

    /// <summary>The keys; null if there are none that can be used.</summary>
    public async ValueTask<SigningKeySet?> GetAsync(CancellationToken cancellation)
    {
        var keys = Volatile.Read(ref current);
        // One read serves all callers. If a caller stops waiting, the read continues for the others.
        if (keys is null || Age(keys) >= UsableFor) return await ReadAsync(BetweenFirstReads).WaitAsync(cancellation);
        if (Age(keys) >= RefreshAfter) _ = ReadAsync(BetweenRefreshes);
        return keys;
    }

    /// <summary>
    /// The keys after a token named one that is not among those <paramref name="seen"/>: the same again if they were read
    /// just now; null if they cannot be read.
    /// </summary>
    public async ValueTask<SigningKeySet?> GetNewerAsync(SigningKeySet seen, CancellationToken cancellation)
    {
        Task<SigningKeySet?> read;
        lock (gate)
        {
            if (current is { } known && known != seen) return known;
            if (reading.IsCompleted && unknownAt is { } at && time.GetElapsedTime(at) < BetweenRefreshes)
                return Age(seen) < BetweenRefreshes ? seen : null;
            read = ReadAsync(BetweenRefreshes);
            unknownAt = time.GetTimestamp();
        }
        return await read.WaitAsync(cancellation);
    }

    public void Dispose() => http.Dispose();

    // Null at once if the last read has failed just now.
    private Task<SigningKeySet?> ReadAsync(TimeSpan afterFailure)
    {
        lock (gate)
        {
            if (!reading.IsCompleted) return reading;
            if (failedAt is { } at && time.GetElapsedTime(at) < afterFailure) return NoKeys;
            return reading = Task.Run(ReadNowAsync);
        }
    }

    private async Task<SigningKeySet?> ReadNowAsync()
    {
        try
        {
            // HttpDocumentRetriever cannot be cancelled, so a read that takes too long is left behind.
            var metadata = await OpenIdConnectConfigurationRetriever.GetAsync(metadataAddress, documents, CancellationToken.None)
                .WaitAsync(ReadTimeout, time);
            if (metadata.SigningKeys.Count == 0) throw new InvalidDataException($"{metadataAddress} leads to no keys.");
            var keys = new SigningKeySet([.. metadata.SigningKeys], time.GetUtcNow(), time.GetTimestamp());
            Finish(keys, null);
            return keys;
        }
        catch (Exception)
        {
            // The network, the tenant's answer or its keys. The caller is told that the keys are not available.
            Finish(null, time.GetTimestamp());
            return null;
        }
    }

    private void Finish(SigningKeySet? keys, long? failed)
    {
        lock (gate)
        {
            current = keys ?? current;
            failedAt = failed;
        }
    }

    // Elapsed time stops while a machine sleeps, and the clock can be set back.
    private TimeSpan Age(SigningKeySet keys)
    {
        var (elapsed, byClock) = (time.GetElapsedTime(keys.Timestamp), time.GetUtcNow() - keys.ReadAt);
        return elapsed > byClock ? elapsed : byClock;
    }
}
