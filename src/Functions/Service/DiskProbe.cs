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

    private const string Prefix = ".probe-";

    private static readonly TimeSpan OldAge = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private Task? writing;

    /// <summary>Writes a file into a folder and deletes it again, to see whether the folder takes writes and has room for some.</summary>
    /// <exception cref="IOException">It does not, for instance because the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">It does not, for want of permission.</exception>
    public static void TryWrite(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(Path.Combine(path, $"{Prefix}{Guid.NewGuid():N}"), options);
        file.Write(new byte[ProbeBytes]);
        // Some file systems find out only then that they are full.
        file.Flush(flushToDisk: true);
    }

    /// <summary>Deletes the files that processes have left behind that were killed during <see cref="TryWrite"/>.</summary>
    public static void DeleteLeftOver(string path)
    {
        foreach (var probe in new DirectoryInfo(path).EnumerateFiles($"{Prefix}*"))
        {
            // Another process may be writing it.
            if (DateTime.UtcNow - probe.LastWriteTimeUtc > OldAge) probe.Delete();
        }
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
