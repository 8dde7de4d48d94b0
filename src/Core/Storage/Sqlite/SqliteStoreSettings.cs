namespace Gatehouse.Storage.Sqlite;

/// <summary>How a store uses its file.</summary>
public sealed record SqliteStoreSettings
{
    /// <summary>How long to wait for a lock that another process holds on the file, before a call fails.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The maximum size of the file in bytes, without its write-ahead log. Commits that need more fail. Null: only the disk limits
    /// it.
    /// </summary>
    public long? MostBytes { get; init; }
}
