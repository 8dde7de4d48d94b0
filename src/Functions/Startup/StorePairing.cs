using System.Security.Cryptography;
using System.Text;
using Gatehouse.Access;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Platform.Embedded;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Functions.Startup;

/// <summary>
/// Store and vault carry each other's sign: the vault names the store, and the store holds that name encrypted under a key from the
/// vault. So a lost, emptied or exchanged one of the two does not pass for a new one, and no key is made beside existing rows.
/// </summary>
/// <remarks>
/// Secret <c>store-sign</c>: <c>pending:</c> and 128 random bits, and without <c>pending:</c> once the store has its row. Table
/// <c>Pairing</c>, partition <c>pairing</c>, row <c>sign</c>. A store from before there were signs gets them at its first start.
/// </remarks>
internal sealed class StorePairing(ISecretVault vault, ITableStore store)
{
    /// <summary>The name of the store's sign in the vault.</summary>
    public const string SecretName = "store-sign";

    private const string Table = "Pairing";
    private const string Partition = "pairing";
    private const string Row = "sign";
    private const string Sealed = "Sign";
    private const string Context = "store-sign";
    private const string Pending = "pending:";
    private const int SignBytes = 16;

    // Both tables of applications are spread over sixteen partitions, by the first digit of the application's id.
    private const string FirstDigits = "0123456789ABCDEF";
    private const string EmbeddedTable = "Applications";
    private static readonly string[] ApplicationTables = [EmbeddedTable, "Custody"];

    private const string Help = "Restore what is missing from the same backup. If it is lost for good, set Storage__AcceptPair=true once: what the other one cannot read is then lost.";

    /// <summary>The start stops, because the vault of a store is missing.</summary>
    public static SettingException VaultMissing(string why) => new($"The vault is missing: {why}. {Help}");

    /// <summary>Opens a store's keys, once it is sure that store and vault belong together.</summary>
    /// <param name="accepts">Whether a missing or another sign is replaced.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <exception cref="SettingException">They do not belong together. The message says which one is missing.</exception>
    public async Task<(PlatformKeys Platform, AccessKeys Access)> OpenKeysAsync(bool accepts, CancellationToken cancellation)
    {
        var row = await store.GetAsync(Table, Partition, Row, cancellation);
        if (!accepts) await CheckAsync(row, cancellation);
        var platform = new PlatformKeys();
        await platform.OpenAsync(vault, cancellation);
        var access = new AccessKeys();
        await access.OpenAsync(vault, cancellation);
        await CompleteAsync(access.Data, row, accepts, cancellation);
        return (platform, access);
    }

    /// <summary>Refuses a missing store before an empty one is made in its place.</summary>
    /// <exception cref="SettingException">The vault names a store.</exception>
    public static async Task CheckNewStoreAsync(ISecretVault vault, CancellationToken cancellation)
    {
        if ((await vault.GetAsync(SecretName, cancellation))?.Reveal() is { } sign && !IsPending(sign)) throw StoreMissing();
    }

    /// <summary>Whether the store holds applications of an embedded platform. It reads sixteen partitions.</summary>
    public static Task<bool> HoldsEmbeddedPlatformAsync(ITableStore store, CancellationToken cancellation) =>
        HasRowsAsync(store, [EmbeddedTable], cancellation);

    // Before any key is made.
    private async Task CheckAsync(TableRow? row, CancellationToken cancellation)
    {
        var sign = (await vault.GetAsync(SecretName, cancellation))?.Reveal();
        if (row is null && sign is not null && !IsPending(sign)) throw StoreMissing();
        var hasKey = await vault.GetAsync(AccessKeys.SecretName, cancellation) is not null;
        if (row is not null && (sign is null || !hasKey))
            throw VaultMissing("it holds no sign or no key of the store, which names a vault");
        if (row is null && !hasKey && await HasRowsAsync(store, ApplicationTables, cancellation))
            throw VaultMissing("it holds no key, and the store holds applications");
    }

    // Compares the two signs. Writes the one that is missing: both in a new pair.
    private async Task CompleteAsync(DataKey key, TableRow? row, bool accepts, CancellationToken cancellation)
    {
        var sign = (await vault.GetOrAddAsync(SecretName, Pending + RandomNumberGenerator.GetHexString(2 * SignBytes, lowercase: true), cancellation)).Reveal();
        var name = IsPending(sign) ? sign[Pending.Length..] : sign;
        if (row is not null && TryOpen(key, row) != name)
        {
            if (!accepts) throw new SettingException($"The store and the vault do not belong together: their signs differ. {Help}");
            row = null;
        }
        if (row is null)
        {
            var own = new TableRow(Row, (Sealed, key.Seal(Encoding.ASCII.GetBytes(name), Context)));
            await store.CommitAsync(Table, Partition, [accepts ? RowChange.Put(own) : RowChange.Insert(own)], cancellation);
            // Another instance may have been first. Both have the name from the vault.
            if (await store.GetAsync(Table, Partition, Row, cancellation) is not { } written || TryOpen(key, written) != name)
                throw new SettingException("The store and the vault do not belong together: another instance uses the store with another vault.");
        }
        if (IsPending(sign)) await vault.SetAsync(SecretName, name, cancellation);
    }

    private static SettingException StoreMissing() => new($"The store is missing or empty, and the vault belongs to an existing one. {Help}");

    private static bool IsPending(string sign) => sign.StartsWith(Pending, StringComparison.Ordinal);

    private static string? TryOpen(DataKey key, TableRow row)
    {
        try
        {
            return Encoding.ASCII.GetString(key.Open(row.GetBinary(Sealed), Context));
        }
        catch (Exception e) when (e is VaultException or RowFormatException)
        {
            return null;
        }
    }

    private static async Task<bool> HasRowsAsync(ITableStore store, string[] tables, CancellationToken cancellation)
    {
        foreach (var table in tables)
        {
            foreach (var partition in FirstDigits)
                if ((await store.ReadAsync(table, partition.ToString(), RowRange.All, 1, cancellation)).Count > 0) return true;
        }
        return false;
    }
}
