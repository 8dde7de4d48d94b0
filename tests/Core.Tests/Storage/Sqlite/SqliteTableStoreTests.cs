using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Storage.Sqlite;

public sealed class SqliteTableStoreTests : TableStoreContract, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<SqliteTableStore> stores = [];

    public override async Task DisposeAsync()
    {
        foreach (var store in stores) await store.DisposeAsync();
    }

    public void Dispose() => folder.Dispose();

    protected override Task<ITableStore> OpenAsync()
    {
        stores.Add(SqliteTableStore.Open(folder["store.db"]));
        return Task.FromResult<ITableStore>(stores[^1]);
    }
}
