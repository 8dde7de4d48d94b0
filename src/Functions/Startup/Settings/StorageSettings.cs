using Azure.Core;
using Gatehouse.Storage.AzureTables;

namespace Gatehouse.Functions.Startup.Settings;

/// <summary>Where data is kept. The tables are in the data folder unless an account is named.</summary>
/// <param name="Path"><c>Storage__Path</c>: the full path of the data folder.</param>
/// <param name="ConnectionString"><c>Storage__ConnectionString</c>: the storage account's, with its key.</param>
/// <param name="TableEndpoint"><c>Storage__TableEndpoint</c>: the account's address, used with the machine's identity.</param>
/// <param name="AuditTableEndpoint"><c>Storage__AuditTableEndpoint</c>: the address of the account for the audit trail; null for the
/// same account.</param>
/// <param name="AcceptsPair"><c>Storage__AcceptPair</c>: whether a store and a vault that do not belong together are paired.</param>
internal sealed record StorageSettings(string Path, string? ConnectionString, Uri? TableEndpoint, Uri? AuditTableEndpoint = null, bool AcceptsPair = false)
{
    /// <summary>Whether the tables are in Azure, and not in the data folder.</summary>
    public bool IsAzure => ConnectionString is not null || TableEndpoint is not null;

    /// <summary>Opens the store in Azure.</summary>
    /// <param name="identity">Gives the credential, where the settings name an address only.</param>
    public AzureTableStore OpenAzure(Func<TokenCredential> identity) => TableEndpoint is { } endpoint
        ? AzureTableStore.Open(endpoint, identity(), AzureTableTimeouts.Default, TimeProvider.System)
        : AzureTableStore.Open(ConnectionString!, AzureTableTimeouts.Default, TimeProvider.System);

    /// <summary>Opens the store for the audit trail, if that has an account of its own.</summary>
    /// <param name="identity">Gives the credential.</param>
    public AzureTableStore? OpenAzureAudit(Func<TokenCredential> identity) => AuditTableEndpoint is { } endpoint
        ? AzureTableStore.Open(endpoint, identity(), AzureTableTimeouts.Default, TimeProvider.System)
        : null;

    // The generated text would contain the account's key.
    public override string ToString() => TableEndpoint?.ToString() ?? (IsAzure ? StorageOptions.AzureTables : StorageOptions.Sqlite);
}
