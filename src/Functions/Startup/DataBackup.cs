using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Startup;

/// <summary>Backs up the data folder, also while the server runs, and restores it into a new one.</summary>
public static class DataBackup
{
    /// <summary>Writes a backup, and checks it by opening it.</summary>
    /// <param name="configuration">The settings, which name the data folder.</param>
    /// <param name="folder">The new folder.</param>
    /// <returns>A line that says what was written.</returns>
    /// <exception cref="SettingException">There is nothing to back up, the folder exists, or the backup cannot be opened.</exception>
    public static async Task<string> BackUpAsync(IConfiguration configuration, string folder)
    {
        var settings = GatehouseSettings.ReadForCommand(configuration);
        var source = settings.Storage.Path;
        var files = FileNames(settings);
        foreach (var file in files) RequireReadable(Path.Combine(source, file));
        return await InNewFolderAsync(folder, async target =>
        {
            CopyFiles(files, source, target);
            await CheckAsync(settings, target, files);
            return $"Backed up {string.Join(", ", files)} from {source} to {Path.GetFullPath(folder)}, and opened the copy.";
        });
    }

    /// <summary>Copies a backup into the data folder, which must not hold any of its files yet.</summary>
    /// <param name="configuration">The settings, which name the data folder.</param>
    /// <param name="folder">The backup.</param>
    /// <returns>A line that says what was written.</returns>
    /// <exception cref="SettingException">The backup is not complete or damaged, or the data folder holds data.</exception>
    public static async Task<string> RestoreAsync(IConfiguration configuration, string folder)
    {
        var settings = GatehouseSettings.ReadForCommand(configuration);
        var target = settings.Storage.Path;
        var files = FileNames(settings);
        foreach (var file in files)
        {
            if (!File.Exists(Path.Combine(folder, file))) throw new SettingException($"The backup {folder} has no {file}.");
            if (File.Exists(Path.Combine(target, file)))
                throw new SettingException($"{Path.Combine(target, file)} exists. Stop the server and move the data folder away first.");
        }
        await CheckAsync(settings, folder, files);
        DataFolder.Open(target);
        CopyFiles(files, folder, target);
        return $"Restored {string.Join(", ", files)} from {Path.GetFullPath(folder)} to {target}.";
    }

    // A file in a folder without permission would look like a missing one, and so like lost data.
    private static void RequireReadable(string file)
    {
        try
        {
            File.OpenHandle(file).Dispose();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SettingException($"There is no {file}. Storage__Path must be the data folder to back up.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{file} cannot be read: {e.Message}");
        }
    }

    // The store first: a secret that is written meanwhile is then in the vault for nothing, instead of missing there.
    private static string[] FileNames(GatehouseSettings settings)
    {
        string[] files =
        [
            .. settings.Storage.IsAzure ? Array.Empty<string>() : [DataFolder.StoreName],
            .. settings.KeyVault is null ? [DataFolder.VaultName, DataFolder.VaultKeyName] : Array.Empty<string>(),
        ];
        return files.Length > 0 ? files : throw new SettingException("The tables are in Azure and the secrets in a Key Vault: there is no data folder.");
    }

    private static void CopyFiles(string[] files, string folder, string target)
    {
        foreach (var file in files) CopyFile(Path.Combine(folder, file), Path.Combine(target, file));
    }

    private static void CopyFile(string file, string target)
    {
        try
        {
            if (Path.GetFileName(file) != DataFolder.VaultKeyName)
            {
                SqliteBackup.Copy(file, target);
                return;
            }
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var written = new FileStream(target, options);
            written.Write(File.ReadAllBytes(file));
            written.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{file} cannot be copied to {target}: {e.Message}");
        }
    }

    // Opens a copy of it: opening a store writes to its folder.
    private static async Task CheckAsync(GatehouseSettings settings, string folder, string[] files)
    {
        var scratch = DataFolder.At(Directory.CreateTempSubdirectory("gatehouse-backup-").FullName);
        try
        {
            CopyFiles(files, folder, scratch.Path);
            if (!settings.Storage.IsAzure) SqliteBackup.Check(scratch.Store);
            if (settings.KeyVault is null) SqliteBackup.Check(scratch.Vault);
            if (settings.Storage.IsAzure || settings.KeyVault is not null) return;
            await (await DataStores.OpenAsync(settings with { Storage = settings.Storage with { Path = scratch.Path } })).CloseAsync();
        }
        catch (Exception e) when (e is StoreUnavailableException or VaultException)
        {
            throw new SettingException($"The copy in {folder} cannot be used: {e.Message}");
        }
        finally
        {
            Directory.Delete(scratch.Path, recursive: true);
        }
    }

    // Under another name until it is complete and checked.
    private static async Task<string> InNewFolderAsync(string folder, Func<string, Task<string>> write)
    {
        var target = Path.GetFullPath(folder);
        if (Path.Exists(target)) throw new SettingException($"{target} exists. A backup needs a new folder.");
        var unfinished = $"{target}.unfinished-{Guid.NewGuid():N}";
        try
        {
            DataFolder.Create(unfinished);
            var done = await write(unfinished);
            Directory.Move(unfinished, target);
            return done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{target} cannot be written: {e.Message.Replace(unfinished, target, StringComparison.Ordinal)}");
        }
        finally
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        }
    }
}
