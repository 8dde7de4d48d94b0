using Gatehouse.Custody;
using Gatehouse.Platform.Embedded;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Functions.Hosting;

/// <summary>The data folder, and what it holds, open: the table store, the vault, and the platform's keys out of it.</summary>
internal sealed record OpenData(DataFolder Folder, SqliteTableStore Store, LocalVault Vault, PlatformKeys Keys)
{
    /// <summary>Makes the folder where there is none, and opens what is in it.</summary>
    /// <exception cref="SettingException">The folder cannot be written to.</exception>
    /// <exception cref="StoreUnavailableException">A database cannot be opened.</exception>
    /// <exception cref="VaultException">The vault cannot be opened, or holds no key.</exception>
    public static async Task<OpenData> OpenAsync(string path)
    {
        var folder = DataFolder.Open(path);
        var vault = LocalVault.Open(folder.Vault, folder.VaultKey);
        try
        {
            var keys = new PlatformKeys();
            await keys.OpenAsync(vault, CancellationToken.None);
            return new OpenData(folder, SqliteTableStore.Open(folder.Store), vault, keys);
        }
        catch
        {
            await vault.DisposeAsync();
            throw;
        }
    }
}
