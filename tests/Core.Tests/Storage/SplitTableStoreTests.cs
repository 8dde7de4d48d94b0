using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Storage;

/// <summary>Two stores as one.</summary>
public sealed class SplitTableStoreTests
{
    [Fact]
    public async Task One_table_is_in_the_other_store_and_all_others_are_in_the_first()
    {
        using var folder = new TemporaryFolder();
        await using var first = SqliteTableStore.Open(Path.Combine(folder.Path, "first.db"));
        await using var other = SqliteTableStore.Open(Path.Combine(folder.Path, "other.db"));
        var store = new SplitTableStore(first, "Audit", other);
        foreach (var table in (string[])["Audit", "Custody"])
            (await store.CommitAsync(table, "p", [RowChange.Put(new TableRow("r", ("In", table)))], CancellationToken.None)).OrThrow();

        foreach (var (table, holder, empty) in new[] { ("Audit", other, first), ("Custody", first, other) })
        {
            Assert.Equal(table, (await holder.GetAsync(table, "p", "r", CancellationToken.None))!.GetString("In"));
            Assert.Null(await empty.GetAsync(table, "p", "r", CancellationToken.None));
            Assert.NotNull(await store.GetAsync(table, "p", "r", CancellationToken.None));
            Assert.NotNull(Assert.Single(await store.GetManyAsync(table, "p", ["r"], CancellationToken.None)));
            Assert.Single(await store.ReadAsync(table, "p", RowRange.All, 10, CancellationToken.None));
        }
    }
}
