using System.Text;
using Gatehouse.Custody;

namespace Gatehouse.Platform.Hosted;

/// <summary>
/// The organization's credentials, which live in the vault alone. As a master token is, they are kept in memory for at most
/// <see cref="MasterTokens.CacheTime"/>, and pulled again, once, where the platform refuses them.
/// </summary>
internal sealed class OrganizationCredentials
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
    private Held? cached;

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
    /// <exception cref="OrganizationCredentialsException">There are none, or none that the platform takes.</exception>
    /// <exception cref="PlatformException">The work threw it.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<T> UseAsync<T>(Func<HostedCredential, Task<T>> work, CancellationToken cancellation)
    {
        var held = cached is { } known && time.GetUtcNow() < known.Until ? known : await PullAsync(cancellation);
        try
        {
            return await work(held.Credential);
        }
        catch (PlatformException e) when (e.Code == PlatformException.InvalidCredentialCode)
        {
            cached = null;
            var pulled = await PullAsync(cancellation);
            if (pulled.Credential == held.Credential) throw Refused();
            held = pulled;
        }
        try
        {
            return await work(held.Credential);
        }
        catch (PlatformException e) when (e.Code == PlatformException.InvalidCredentialCode)
        {
            cached = null;
            throw Refused();
        }
    }

    private async Task<Held> PullAsync(CancellationToken cancellation)
    {
        var values = new string[names.Length];
        for (var index = 0; index < names.Length; index++)
        {
            var secret = await vault.GetAsync(names[index], cancellation) ?? throw new OrganizationCredentialsException(
                areMissing: true, $"The vault holds no secret {names[index]}.");
            // Whoever typed it in may have ended the line.
            values[index] = secret.Reveal().Trim();
        }
        return cached = new Held(make(values) ?? throw Refused(), time.GetUtcNow() + MasterTokens.CacheTime);
    }

    private OrganizationCredentialsException Refused() => new(
        areMissing: false, $"The platform does not take the organization's credentials in the vault ({string.Join(", ", names)}).");

    private sealed record Held(HostedCredential Credential, DateTimeOffset Until);
}
