using Gatehouse.Secrets;

namespace Gatehouse.Access;

/// <summary>
/// The facade's keys, derived from a data key in the vault: <see cref="Data"/> encrypts stored answers, <see cref="Requests"/>
/// is the key of request fingerprints, <see cref="AuditPages"/> signs the audit trail's page tokens, and
/// <see cref="ListPages"/> those of the other lists.
/// </summary>
public sealed class AccessKeys
{
    /// <summary>The name of the data key's secret in the vault.</summary>
    public const string SecretName = "access-data-key";

    private DataKey? data;
    private byte[]? requests;
    private byte[]? auditPages;
    private byte[]? listPages;

    /// <summary>The key that encrypts stored answers.</summary>
    public DataKey Data => data ?? throw NotOpened();

    /// <summary>The key of request fingerprints.</summary>
    public ReadOnlySpan<byte> Requests => requests ?? throw NotOpened();

    /// <summary>The key of the audit trail's page tokens.</summary>
    public ReadOnlySpan<byte> AuditPages => auditPages ?? throw NotOpened();

    /// <summary>The key of the other lists' page tokens.</summary>
    public ReadOnlySpan<byte> ListPages => listPages ?? throw NotOpened();

    /// <summary>Reads the data key from the vault; generates it at first. Called once, before requests are served.</summary>
    /// <exception cref="VaultException">The vault cannot answer, or the secret is not a key.</exception>
    public async Task OpenAsync(ISecretVault vault, CancellationToken cancellation)
    {
        data = await DataKey.OpenAsync(vault, SecretName, cancellation);
        requests = data.Derive("request-fingerprint");
        auditPages = data.Derive("audit-page-token");
        listPages = data.Derive("list-page-token");
    }

    private static InvalidOperationException NotOpened() => new("OpenAsync has not been called.");
}
