using Gatehouse.Access;
using Gatehouse.Access.Audit;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Platform.Embedded;
using Gatehouse.Secrets;
using Gatehouse.Secrets.KeyVault;
using Gatehouse.Secrets.Local;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Functions.Startup;

/// <summary>The table store, the vault and the keys from the vault, all open.</summary>
/// <param name="Folder">The data folder; null if nothing is kept on this machine.</param>
/// <param name="Account">The address of the account that holds the tables; null if they are in the data folder.</param>
/// <param name="Store">The tables.</param>
/// <param name="Vault">The vault.</param>
/// <param name="Keys">The platform's keys.</param>
/// <param name="AccessKeys">The facade's keys.</param>
internal sealed record DataStores(
    DataFolder? Folder, Uri? Account, ITableStore Store, ISecretVault Vault, PlatformKeys Keys, AccessKeys AccessKeys)
{
    /// <summary>Creates the data folder if it is needed and missing, and opens what the settings name.</summary>
    /// <exception cref="SettingException">The folder cannot be written to, or store and vault do not belong together.</exception>
    /// <exception cref="StoreUnavailableException">A database cannot be opened.</exception>
    /// <exception cref="VaultException">The vault cannot be opened, or a key cannot be read from it.</exception>
    public static async Task<DataStores> OpenAsync(GatehouseSettings settings)
    {
        var folder = settings.NeedsDataFolder ? DataFolder.Open(settings.Storage.Path) : null;
        ISecretVault vault = settings.KeyVault is { } address ? OpenKeyVault(address) : OpenLocalVault(settings, folder!);
        try
        {
            if (!settings.Storage.IsAzure && !settings.Storage.AcceptsPair && !File.Exists(folder!.Store))
                await StorePairing.CheckNewStoreAsync(vault, CancellationToken.None);
            var (store, account) = settings.Storage.IsAzure ? OpenAzureTables(settings.Storage) : (SqliteTableStore.Open(folder!.Store), null);
            try
            {
                var (keys, accessKeys) = await new StorePairing(vault, store).OpenKeysAsync(settings.Storage.AcceptsPair, CancellationToken.None);
                return new DataStores(folder, account, store, vault, keys, accessKeys);
            }
            catch
            {
                if (store is IAsyncDisposable local) await local.DisposeAsync();
                throw;
            }
        }
        catch
        {
            if (vault is IAsyncDisposable local) await local.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens the vault in the data folder. Creates it if there is neither a vault nor a store.</summary>
    /// <exception cref="SettingException">There is a store, whose vault is missing.</exception>
    /// <exception cref="VaultException">The vault cannot be opened.</exception>
    public static LocalVault OpenLocalVault(GatehouseSettings settings, DataFolder folder) =>
        // Before a new vault is made beside an existing store.
        !settings.Storage.IsAzure && !settings.Storage.AcceptsPair && !File.Exists(folder.Vault) && File.Exists(folder.Store)
            ? throw StorePairing.VaultMissing($"there is no {folder.Vault} beside the store")
            : LocalVault.Open(folder.Vault, folder.VaultKey);

    /// <summary>Closes what is on this machine.</summary>
    public async ValueTask CloseAsync()
    {
        if (Store is IAsyncDisposable store) await store.DisposeAsync();
        if (Vault is IAsyncDisposable vault) await vault.DisposeAsync();
    }

    // A separate method, like OpenKeyVault: compiling a method loads the assemblies of the types it uses.
    private static (ITableStore Store, Uri? Account) OpenAzureTables(StorageSettings settings)
    {
        var store = settings.OpenAzure(() => AzureIdentity.Credential);
        return settings.OpenAzureAudit(() => AzureIdentity.Credential) is { } audit
            ? (new SplitTableStore(store, AuditTrail.Table, audit), store.Account)
            : (store, store.Account);
    }

    private static KeyVaultSecretVault OpenKeyVault(Uri address) =>
        KeyVaultSecretVault.Open(address, AzureIdentity.Credential, KeyVaultTimeouts.Default, TimeProvider.System);
}
