using Gatehouse.Functions.Startup.Settings;

namespace Gatehouse.Functions.Startup;

/// <summary>The folder that holds everything Gatehouse keeps on this machine; only its owner can look into it.</summary>
internal sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private DataFolder(string path) => Path = path;

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The table store's file.</summary>
    public string Store => System.IO.Path.Combine(Path, "gatehouse.db");

    /// <summary>The local vault's file.</summary>
    public string Vault => System.IO.Path.Combine(Path, "vault.db");

    /// <summary>The key that the local vault opens with.</summary>
    public string VaultKey => System.IO.Path.Combine(Path, "vault.key");

    /// <summary>Takes a folder, and makes it where there is none.</summary>
    /// <exception cref="SettingException">It cannot be made, or not be written to.</exception>
    public static DataFolder Open(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, OwnerOnly);
            var probe = System.IO.Path.Combine(path, $".probe-{Guid.NewGuid():N}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
            }
            return new DataFolder(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"Storage__Path: the folder {path} cannot be written to: {e.Message}");
        }
    }
}
