using System.Globalization;
using System.Text;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Secrets.Local;

/// <summary>
/// A local vault: a table store of its own, with every value encrypted under a key file that only the owner can read. For a
/// laptop, a container or a test; in Azure, Key Vault takes its place.
/// </summary>
/// <remarks>
/// One partition for each secret, named in lower case because names are case-insensitive; one row for each version. Row keys
/// count the version down, so that the newest comes first.
/// </remarks>
public sealed class LocalVault(SqliteTableStore store, DataKey key) : ISecretVault, IAsyncDisposable
{
    private const string Table = "Secrets";

    /// <summary>Opens the vault in a database file, with a key file beside it. Creates both where neither exists.</summary>
    /// <exception cref="VaultException">The key file is missing, accessible to others, or does not hold a key.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be opened.</exception>
    public static LocalVault Open(string databasePath, string keyPath)
    {
        if (!File.Exists(databasePath)) KeyFile.CreateIfMissing(keyPath);
        var key = KeyFile.Read(keyPath);
        return new LocalVault(SqliteTableStore.Open(databasePath), key);
    }

    /// <inheritdoc/>
    public async ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation)
    {
        var rows = await store.ReadAsync(Table, Partition(name), RowRange.All, 1, cancellation);
        return rows.Count == 0 ? null : Open(name, rows[0]);
    }

    /// <inheritdoc/>
    public async ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation)
    {
        SecretLimits.CheckValue(value);
        while (true)
        {
            var newest = await GetAsync(name, cancellation);
            var version = newest is null ? 1 : int.Parse(newest.Version, CultureInfo.InvariantCulture) + 1;
            if (await InsertAsync(name, version, value, cancellation)) return new Secret(name, Text(version), value);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation)
    {
        SecretLimits.CheckValue(value);
        while (true)
        {
            if (await GetAsync(name, cancellation) is { } secret) return secret;
            if (await InsertAsync(name, 1, value, cancellation)) return new Secret(name, Text(1), value);
        }
    }

    /// <summary>The names of all secrets, in lower case and in order.</summary>
    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) => store.ReadPartitionsAsync(Table, cancellation);

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellation)
    {
        while (true)
        {
            var rows = await store.ReadAsync(
                Table, Partition(name), RowRange.All, TableLimits.ChangesPerCommit, cancellation);
            if (rows.Count == 0) return;
            await store.CommitAsync(Table, Partition(name), [.. rows.Select(row => RowChange.Delete(row.Key))], cancellation);
        }
    }

    /// <summary>Closes the database.</summary>
    public ValueTask DisposeAsync() => store.DisposeAsync();

    private async ValueTask<bool> InsertAsync(string name, int version, string value, CancellationToken cancellation)
    {
        var row = new TableRow(
            (int.MaxValue - version).ToString("D10", CultureInfo.InvariantCulture),
            ("Version", version), ("Value", key.Seal(Encoding.UTF8.GetBytes(value), Context(name, version))));
        return (await store.CommitAsync(Table, Partition(name), [RowChange.Insert(row)], cancellation)).Succeeded;
    }

    private Secret Open(string name, TableRow row)
    {
        var version = (int)row.GetInt64("Version");
        return new Secret(name, Text(version), Encoding.UTF8.GetString(key.Open(row.GetBinary("Value"), Context(name, version))));
    }

    private static string Partition(string name)
    {
        SecretLimits.CheckName(name);
        return name.ToLowerInvariant();
    }

    private static string Context(string name, int version) => $"secret:{Partition(name)}:{Text(version)}";

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);
}
