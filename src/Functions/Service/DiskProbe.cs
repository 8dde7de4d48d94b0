using Gatehouse.Functions.Startup;

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
    private readonly Lock gate = new();
    private Task? writing;

    /// <summary>Writes where the tables are, if they are on this machine.</summary>
    /// <exception cref="IOException">The folder takes no writes.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, for want of permission.</exception>
    internal Task WriteToStoreAsync() => holdsStore ? WriteAsync() : Task.CompletedTask;

    /// <summary>The same where the secrets are.</summary>
    internal Task WriteToVaultAsync() => holdsVault ? WriteAsync() : Task.CompletedTask;

    // One write at a time, shared by both: a file system that hangs must not take one thread after the other.
    private Task WriteAsync()
    {
        lock (gate) return writing is { IsCompleted: false } ? writing : writing = Task.Run(() => DataFolder.TryWrite(folder!));
    }
}
