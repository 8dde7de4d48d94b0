using Gatehouse.Functions.Service;
using Gatehouse.Functions.Startup.Settings;

namespace Gatehouse.Functions.Startup;

/// <summary>The folder that holds all data on this machine. Only its owner has access.</summary>
internal sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The name of the table store's file.</summary>
    public const string StoreName = "gatehouse.db";

    /// <summary>The name of the local vault's file.</summary>
    public const string VaultName = "vault.db";

    /// <summary>The name of the file with the local vault's key.</summary>
    public const string VaultKeyName = "vault.key";

    private DataFolder(string path) => Path = path;

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The table store's file.</summary>
    public string Store => System.IO.Path.Combine(Path, StoreName);

    /// <summary>The local vault's file.</summary>
    public string Vault => System.IO.Path.Combine(Path, VaultName);

    /// <summary>The local vault's key.</summary>
    public string VaultKey => System.IO.Path.Combine(Path, VaultKeyName);

    /// <summary>A folder, whether it exists or not.</summary>
    public static DataFolder At(string path) => new(path);

    /// <summary>Opens a folder, and creates it if it is missing.</summary>
    /// <exception cref="SettingException">The folder cannot be created or written to.</exception>
    public static DataFolder Open(string path)
    {
        try
        {
            return Create(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"Storage__Path: the folder {path} cannot be written to: {e.Message}");
        }
    }

    /// <summary>The same for a folder that no setting names.</summary>
    /// <exception cref="IOException">The folder cannot be created or written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, for want of permission.</exception>
    public static DataFolder Create(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerOnly);
        DiskProbe.TryWrite(path);
        DiskProbe.DeleteLeftOver(path);
        return new DataFolder(path);
    }
}
