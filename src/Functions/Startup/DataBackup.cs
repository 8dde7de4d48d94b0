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
        var settings = GatehouseSettings.Read(configuration);
        var source = DataFolder.At(settings.Storage.Path);
        // The store first: a secret that is written meanwhile is then in the vault for nothing, instead of missing there.
        var files = FilesOf(settings, source);
        foreach (var file in files.Where(file => !File.Exists(file)))
            throw new SettingException($"There is no {file}. Storage__Path must be the data folder to back up.");
        return await InNewFolderAsync(folder, async target =>
        {
            foreach (var file in files) CopyFile(source, file, Path.Combine(target, Path.GetFileName(file)));
            await CheckAsync(settings, target);
            return $"Backed up {string.Join(", ", files.Select(Path.GetFileName))} from {source.Path} to {Path.GetFullPath(folder)}, and opened the copy.";
        });
    }

    /// <summary>Copies a backup into the data folder, which must not hold any of its files yet.</summary>
    /// <param name="configuration">The settings, which name the data folder.</param>
    /// <param name="folder">The backup.</param>
    /// <returns>A line that says what was written.</returns>
    /// <exception cref="SettingException">The backup is not complete or damaged, or the data folder holds data.</exception>
    public static async Task<string> RestoreAsync(IConfiguration configuration, string folder)
    {
        var settings = GatehouseSettings.Read(configuration);
        var target = DataFolder.At(settings.Storage.Path);
        var files = FilesOf(settings, target);
        foreach (var file in files)
        {
            if (!File.Exists(Path.Combine(folder, Path.GetFileName(file)))) throw new SettingException($"The backup {folder} has no {Path.GetFileName(file)}.");
            if (File.Exists(file)) throw new SettingException($"{file} exists. Stop the server and move the data folder away first.");
        }
        await CheckCopyAsync(settings, folder, files);
        DataFolder.Open(target.Path);
        foreach (var file in files) CopyFile(DataFolder.At(Path.GetFullPath(folder)), Path.Combine(folder, Path.GetFileName(file)), file);
        return $"Restored {string.Join(", ", files.Select(Path.GetFileName))} from {Path.GetFullPath(folder)} to {target.Path}.";
    }

    private static string[] FilesOf(GatehouseSettings settings, DataFolder folder)
    {
        string[] files =
        [
            .. settings.Storage.IsAzure ? Array.Empty<string>() : [folder.Store],
            .. settings.KeyVault is null ? [folder.Vault, folder.VaultKey] : Array.Empty<string>(),
        ];
        return files.Length > 0 ? files : throw new SettingException("The tables are in Azure and the secrets in a Key Vault: there is no data folder.");
    }

    private static void CopyFile(DataFolder source, string file, string target)
    {
        try
        {
            if (Path.GetFileName(file) != Path.GetFileName(source.VaultKey))
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
            throw new SettingException($"{target} cannot be written: {e.Message}");
        }
    }

    // In a copy of the copy: opening a store writes to its folder.
    private static async Task CheckCopyAsync(GatehouseSettings settings, string folder, string[] files)
    {
        var scratch = Directory.CreateTempSubdirectory("gatehouse-restore-").FullName;
        try
        {
            foreach (var file in files)
                CopyFile(DataFolder.At(folder), Path.Combine(folder, Path.GetFileName(file)), Path.Combine(scratch, Path.GetFileName(file)));
            await CheckAsync(settings, scratch);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task CheckAsync(GatehouseSettings settings, string folder)
    {
        var copy = DataFolder.At(folder);
        try
        {
            if (!settings.Storage.IsAzure) SqliteBackup.Check(copy.Store);
            if (settings.KeyVault is null) SqliteBackup.Check(copy.Vault);
            if (settings.Storage.IsAzure || settings.KeyVault is not null) return;
            var scratch = Directory.CreateTempSubdirectory("gatehouse-backup-").FullName;
            try
            {
                foreach (var file in FilesOf(settings, copy)) File.Copy(file, Path.Combine(scratch, Path.GetFileName(file)));
                await (await DataStores.OpenAsync(settings with { Storage = settings.Storage with { Path = scratch } })).DisposeAsync();
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
        catch (Exception e) when (e is StoreUnavailableException or VaultException)
        {
            throw new SettingException($"The copy in {folder} cannot be used: {e.Message}");
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
            DataFolder.Open(unfinished);
            var done = await write(unfinished);
            Directory.Move(unfinished, target);
            return done;
        }
        catch (IOException e)
        {
            throw new SettingException($"{target} cannot be written: {e.Message}");
        }
        finally
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        }
    }
}
