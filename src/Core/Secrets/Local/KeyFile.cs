using System.Security.Cryptography;

namespace Gatehouse.Secrets.Local;

/// <summary>A file with the 32 bytes of a data key, readable by its owner only.</summary>
internal static class KeyFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates the file if it does not exist. When several processes do so at once, one of them succeeds.</summary>
    /// <exception cref="VaultException">It cannot be created.</exception>
    public static void CreateIfMissing(string path)
    {
        if (File.Exists(path)) return;
        var own = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        var key = DataKey.Generate();
        try
        {
            using (var file = new FileStream(own, options))
            {
                file.Write(key);
                file.Flush(flushToDisk: true);
            }
            File.Move(own, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first. Its key is used.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"The key file {path} cannot be made: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            File.Delete(own);
        }
    }

    /// <summary>Reads the key.</summary>
    /// <exception cref="VaultException">The file is missing, accessible to others, or does not hold a key.</exception>
    public static DataKey Read(string path)
    {
        if (Directory.Exists(path)) throw new VaultException($"The key file {path} is a folder.");
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
                throw new VaultException($"The key file {path} can be used by others than its owner: run chmod 600 on it.");
            return new DataKey(File.ReadAllBytes(path));
        }
        catch (FileNotFoundException e)
        {
            throw new VaultException($"The key file {path} is missing: the vault beside it cannot be opened with another one.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"The key file {path} cannot be read: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new VaultException($"The key file {path} does not hold a key of 32 bytes.", e);
        }
    }
}
