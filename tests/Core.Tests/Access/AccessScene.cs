using Gatehouse.Access;
using Gatehouse.Access.Audit;
using Gatehouse.Secrets.Local;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Access;

/// <summary>A store and a vault on disk, a test clock, and any number of instances over them.</summary>
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
    public sealed class FaultyStore(ITableStore store) : InterposedStore(store)
    {
        public bool Fails { get; set; }

        protected override ITableStore Inner => Fails ? throw new StoreUnavailableException("It fails on demand.") : base.Inner;
    }
}

/// <summary>Calls that write their audit entries in commits of their own.</summary>
internal static class CallRecords
{
    public static async Task<AuditEntry> StartAsync(
        this AuditTrail trail, AuditCall call, AuditTarget target, CancellationToken cancellation)
    {
        var entry = trail.Begin(call, target);
        await trail.WriteAsync(entry, [], cancellation);
        return entry;
    }

    public static Task EndAsync(
        this AuditTrail trail, AuditEntry started, bool done, AuditTarget target, CancellationToken cancellation) =>
        trail.WriteAsync(trail.End(started, done, target), [], cancellation);
}
