using Gatehouse.Secrets;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// The keys of the embedded platform, from a data key in the vault: what it must be able to show again is sealed under
/// <see cref="Data"/>, and its page tokens are authenticated under <see cref="Pages"/>.
/// </summary>
public sealed class PlatformKeys
{
    /// <summary>The name of the data key's secret in the vault.</summary>
    public const string SecretName = "platform-data-key";

    private DataKey? data;
    private byte[]? pages;
    private byte[]? facadePages;

    /// <summary>The key that seals API tokens and push credentials.</summary>
    public DataKey Data => data ?? throw NotOpened();

    /// <summary>The key of page tokens.</summary>
    public ReadOnlySpan<byte> Pages => pages ?? throw NotOpened();

    /// <summary>The key of the facade's page tokens: the platform's are none there.</summary>
    public ReadOnlySpan<byte> FacadePages => facadePages ?? throw NotOpened();

    /// <summary>Takes the data key out of the vault; makes it at first. Called once, before anything is served.</summary>
    /// <exception cref="VaultException">The vault cannot answer, or holds no key there.</exception>
    public async Task OpenAsync(ISecretVault vault, CancellationToken cancellation)
    {
        data = await DataKey.OpenAsync(vault, SecretName, cancellation);
        pages = data.Derive("page-token");
        facadePages = data.Derive("facade-page-token");
    }

    private static InvalidOperationException NotOpened() => new("The platform's keys have not been opened.");
}
