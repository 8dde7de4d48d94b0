namespace Gatehouse.Functions.Service;

/// <summary>Whether what is kept on this machine's disk can be written to: a full or read-only disk still answers reads.</summary>
/// <remarks>
/// Only for the data folder. Azure Table Storage and Key Vault have no disk that fills up, and a read of theirs needs the same network,
/// account and identity as a write. A write there would cost, and Key Vault keeps every version.
/// </remarks>
/// <param name="folder">The data folder; null if there is none.</param>
/// <param name="holdsStore">Whether the tables are in it.</param>
/// <param name="holdsVault">Whether the secrets are in it.</param>
public sealed class DiskProbe(string? folder, bool holdsStore, bool holdsVault)
{
    // Room for a few commits of the store, and for what it writes beside them.
    private const int ProbeBytes = 64 * 1024;

    private readonly Lock gate = new();
    private Task? writing;

    /// <summary>Writes a file into a folder and deletes it again, to see whether the folder takes writes and has room for some.</summary>
    /// <exception cref="IOException">It does not, for instance because the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">It does not, for want of permission.</exception>
    public static void TryWrite(string path)
    {
        var probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}");
        using var file = File.OpenHandle(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
        RandomAccess.Write(file, new byte[ProbeBytes], 0);
        // Some file systems find out only then that they are full.
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Writes where the tables are, if they are on this machine.</summary>
    /// <exception cref="IOException">The folder takes no writes.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, for want of permission.</exception>
    internal Task WriteToStoreAsync() => holdsStore ? WriteAsync() : Task.CompletedTask;

    /// <summary>The same where the secrets are.</summary>
    internal Task WriteToVaultAsync() => holdsVault ? WriteAsync() : Task.CompletedTask;

    // One write at a time, shared by both: a file system that hangs must not take one thread after the other.
    private Task WriteAsync()
    {
        lock (gate) return writing is { IsCompleted: false } ? writing : writing = Task.Run(() => TryWrite(folder!));
    }
}
