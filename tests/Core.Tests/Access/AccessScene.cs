using Gatehouse.Access;
using Gatehouse.Custody;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Access;

/// <summary>A store and a vault on disk, a clock to set, and as many instances over them as a test wants.</summary>
public sealed class AccessScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<SqliteTableStore> stores = [];

    public TestClock Clock { get; } = new();

    public AccessKeys Keys { get; } = new();

    /// <summary>The first instance's store.</summary>
    public SqliteTableStore Store => stores[0];

    public string StoreFile => folder["store.db"];

    public static async Task<AccessScene> OpenAsync()
    {
        var scene = new AccessScene();
        scene.OpenStore();
        await using var vault = LocalVault.Open(scene.folder["vault.db"], scene.folder["vault.key"]);
        await scene.Keys.OpenAsync(vault, CancellationToken.None);
        return scene;
    }

    /// <summary>Another instance's store over the same file.</summary>
    public SqliteTableStore OpenStore()
    {
        stores.Add(SqliteTableStore.Open(StoreFile));
        return stores[^1];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in stores) await store.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>A store that fails on demand.</summary>
    public sealed class FaultyStore(ITableStore store) : ITableStore
    {
        public bool Fails { get; set; }

        public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation) =>
            Working.GetAsync(table, partition, row, cancellation);

        public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
            string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation) =>
            Working.GetManyAsync(table, partition, rows, cancellation);

        public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
            string table, string partition, RowRange range, int most, CancellationToken cancellation) =>
            Working.ReadAsync(table, partition, range, most, cancellation);

        public ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
            Working.CommitAsync(table, partition, changes, cancellation);

        private ITableStore Working => Fails ? throw new StoreUnavailableException("It fails on demand.") : store;
    }
}
