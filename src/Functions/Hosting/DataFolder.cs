namespace Gatehouse.Functions.Hosting;

/// <summary>The folder that holds everything Gatehouse keeps on this machine; only its owner can look into it.</summary>
internal sealed class DataFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The full path.</summary>
    public string Path { get; } = path;

    /// <summary>The table store's file.</summary>
    public string Store => System.IO.Path.Combine(Path, "gatehouse.db");

    /// <summary>The local vault's file.</summary>
    public string Vault => System.IO.Path.Combine(Path, "vault.db");

    /// <summary>The key that the local vault opens with.</summary>
    public string VaultKey => System.IO.Path.Combine(Path, "vault.key");

    /// <summary>Makes the folder where there is none.</summary>
    /// <exception cref="SettingException">It cannot be made, or not be written to.</exception>
    public void Create()
    {
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Path);
            else Directory.CreateDirectory(Path, OwnerOnly);
            var probe = System.IO.Path.Combine(Path, $".probe-{Guid.NewGuid():N}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"Storage__Path: the folder {Path} cannot be written to: {e.Message}");
        }
    }
}
