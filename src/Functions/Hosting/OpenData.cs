using System.Runtime.CompilerServices;
using Azure.Identity;
using Gatehouse.Access;
using Gatehouse.Custody;
using Gatehouse.Custody.KeyVault;
using Gatehouse.Platform.Embedded;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Functions.Hosting;

/// <summary>The data folder, the table store in it, the vault, and the keys out of that, all open.</summary>
internal sealed record OpenData(
    DataFolder Folder, SqliteTableStore Store, ISecretVault Vault, PlatformKeys Keys, AccessKeys AccessKeys)
{
    /// <summary>Makes the folder where there is none, and opens what the settings say.</summary>
    /// <exception cref="SettingException">The folder cannot be written to.</exception>
    /// <exception cref="StoreUnavailableException">A database cannot be opened.</exception>
    /// <exception cref="VaultException">The vault cannot be opened, or holds no key.</exception>
    public static async Task<OpenData> OpenAsync(Settings settings)
    {
        var folder = DataFolder.Open(settings.StoragePath);
        ISecretVault vault = settings.KeyVault is { } address ? OpenKeyVault(address) : LocalVault.Open(folder.Vault, folder.VaultKey);
        try
        {
            var keys = new PlatformKeys();
            await keys.OpenAsync(vault, CancellationToken.None);
            var accessKeys = new AccessKeys();
            await accessKeys.OpenAsync(vault, CancellationToken.None);
            return new OpenData(folder, SqliteTableStore.Open(folder.Store), vault, keys, accessKeys);
        }
        catch
        {
            if (vault is IAsyncDisposable local) await local.DisposeAsync();
            throw;
        }
    }

    // Apart, so that the client's assemblies are loaded only where there is a Key Vault.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static KeyVaultSecretVault OpenKeyVault(Uri address) =>
        KeyVaultSecretVault.Open(address, new DefaultAzureCredential(), KeyVaultPatience.Default, TimeProvider.System);
}
