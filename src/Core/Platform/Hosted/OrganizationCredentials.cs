using System.Text;
using Gatehouse.Secrets;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// The organization's credentials. They are stored in the vault only. As master tokens, they are cached for
/// <see cref="VaultCredential.CacheTime"/>, and read again, once, when the platform refuses them.
/// </summary>
internal sealed class OrganizationCredentials : IVaultCredential<CachedCredential>
{
    /// <summary>The user of HTTP Basic.</summary>
    public const string UserSecret = "platform-organization-user";

    /// <summary>The password of HTTP Basic.</summary>
    public const string PasswordSecret = "platform-organization-password";

    /// <summary>The token of the organization API.</summary>
    public const string TokenSecret = "platform-organization-token";

    private readonly ISecretVault vault;
    private readonly TimeProvider time;
    private readonly string[] names;
    private readonly Func<string[], HostedCredential?> make;
    private CachedCredential? cached;

    private OrganizationCredentials(ISecretVault vault, TimeProvider time, string[] names, Func<string[], HostedCredential?> make)
    {
        this.vault = vault;
        this.time = time;
        this.names = names;
        this.make = make;
    }

    /// <summary>User and password.</summary>
    public static OrganizationCredentials Basic(ISecretVault vault, TimeProvider time) => new(
        vault, time, [UserSecret, PasswordSecret],
        values => values[0].Contains(':', StringComparison.Ordinal) ? null : new HostedCredential(
            "Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{values[0]}:{values[1]}"))));

    /// <summary>A token in a header.</summary>
    public static OrganizationCredentials Token(ISecretVault vault, TimeProvider time, string header) => new(
        vault, time, [TokenSecret], values => values[0].All(char.IsAsciiLetterOrDigit) ? new HostedCredential(header, values[0]) : null);

    /// <summary>Works under the credentials.</summary>
    /// <exception cref="OrganizationCredentialsException">They are missing, or the platform refuses them.</exception>
    /// <exception cref="PlatformException">The work threw it.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public Task<T> UseAsync<T>(Func<HostedCredential, Task<T>> work, CancellationToken cancellation) =>
        VaultCredential.UseAsync<OrganizationCredentials, CachedCredential, T>(this, cached => work(cached.Credential), cancellation);

    CachedCredential? IVaultCredential<CachedCredential>.Cached =>
        cached is { } known && time.GetUtcNow() < known.Until ? known : null;

    async Task<CachedCredential> IVaultCredential<CachedCredential>.PullAsync(CancellationToken cancellation)
    {
        var values = new string[names.Length];
        for (var index = 0; index < names.Length; index++)
        {
            var secret = await vault.GetAsync(names[index], cancellation) ?? throw new OrganizationCredentialsException(
                areMissing: true, $"The vault holds no secret {names[index]}.");
            // An operator may have pasted a line break.
            values[index] = secret.Reveal().Trim();
        }
        return cached = new CachedCredential(make(values) ?? throw Refused(), time.GetUtcNow() + VaultCredential.CacheTime);
    }

    void IVaultCredential<CachedCredential>.Forget() => cached = null;

    bool IVaultCredential<CachedCredential>.AreEqual(CachedCredential one, CachedCredential other) =>
        one.Credential == other.Credential;

    ValueTask IVaultCredential<CachedCredential>.OnRefusedAsync(CachedCredential refused, CancellationToken cancellation) =>
        throw Refused();

    private OrganizationCredentialsException Refused() => new(
        areMissing: false, $"The platform does not take the organization's credentials in the vault ({string.Join(", ", names)}).");
}

/// <summary>Credentials as they were read from the vault.</summary>
/// <param name="Credential">The credentials.</param>
/// <param name="Until">When they have to be read again.</param>
internal sealed record CachedCredential(HostedCredential Credential, DateTimeOffset Until);
