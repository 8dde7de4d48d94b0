using Gatehouse.Storage;
using Gatehouse.Storage.AzureTables;
using Gatehouse.Tests.Azurite;

namespace Gatehouse.Tests.Storage.AzureTables;

public sealed class AzureTableStoreTests : TableStoreContract
{
    private string account = "";

    // Each command is a round trip; with SQLite none is.
    protected override int Sequences => 12;

    public override async Task InitializeAsync()
    {
        account = (await AzuriteServer.Shared).NewAccount();
        await base.InitializeAsync();
    }

    public override Task DisposeAsync() => Task.CompletedTask;

    protected override Task<ITableStore> OpenAsync() =>
        Task.FromResult<ITableStore>(AzureTableStore.Open(account, AzureTableTimeouts.Default, TimeProvider.System));
}
