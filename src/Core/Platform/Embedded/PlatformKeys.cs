using Gatehouse.Secrets;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// The keys of the embedded platform, derived from a data key in the vault: <see cref="Data"/> encrypts what must be shown
/// again, <see cref="Pages"/> signs page tokens.
/// </summary>
public sealed class PlatformKeys
{
    /// <summary>The name of the data key's secret in the vault.</summary>
    public const string SecretName = "platform-data-key";

    private DataKey? data;
    private byte[]? pages;

    /// <summary>The key that encrypts API tokens and push credentials.</summary>
    public DataKey Data => data ?? throw NotOpened();

    /// <summary>The key of page tokens.</summary>
    public ReadOnlySpan<byte> Pages => pages ?? throw NotOpened();

    /// <summary>Reads the data key from the vault; generates it at first. Called once, before requests are served.</summary>
    /// <exception cref="VaultException">The vault cannot answer, or the secret is not a key.</exception>
    public async Task OpenAsync(ISecretVault vault, CancellationToken cancellation)
    {
        data = await DataKey.OpenAsync(vault, SecretName, cancellation);
        pages = data.Derive("page-token");
    }

    private static InvalidOperationException NotOpened() => new("OpenAsync has not been called.");
}
