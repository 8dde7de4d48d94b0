using Gatehouse.Secrets;

namespace Gatehouse.Access;

/// <summary>
/// The keys of what is remembered of calls, from a data key in the vault: kept answers are sealed under <see cref="Data"/>,
/// requests are recognized by <see cref="Requests"/>, and the audit trail's page tokens are authenticated under
/// <see cref="Pages"/>.
/// </summary>
public sealed class AccessKeys
{
    /// <summary>The name of the data key's secret in the vault.</summary>
    public const string SecretName = "access-data-key";

    private DataKey? data;
    private byte[]? requests;
    private byte[]? pages;

    /// <summary>The key that seals kept answers.</summary>
    public DataKey Data => data ?? throw NotOpened();

    /// <summary>The key of requests' fingerprints.</summary>
    public ReadOnlySpan<byte> Requests => requests ?? throw NotOpened();

    /// <summary>The key of page tokens.</summary>
    public ReadOnlySpan<byte> Pages => pages ?? throw NotOpened();

    /// <summary>Takes the data key out of the vault; makes it at first. Called once, before anything is served.</summary>
    /// <exception cref="VaultException">The vault cannot answer, or holds no key there.</exception>
    public async Task OpenAsync(ISecretVault vault, CancellationToken cancellation)
    {
        data = await DataKey.OpenAsync(vault, SecretName, cancellation);
        requests = data.Derive("request-fingerprint");
        pages = data.Derive("audit-page-token");
    }

    private static InvalidOperationException NotOpened() => new("The keys of access have not been opened.");
}
