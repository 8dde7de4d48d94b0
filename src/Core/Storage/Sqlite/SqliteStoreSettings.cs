namespace Gatehouse.Storage.Sqlite;

/// <summary>How a store uses its file.</summary>
public sealed record SqliteStoreSettings
{
    /// <summary>How long to wait for a lock that another process holds on the file, before a call fails.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The most bytes that the file grows to, without its write-ahead log; commits that need more fail. Null leaves it to
    /// the disk.
    /// </summary>
    public long? MostBytes { get; init; }
}
