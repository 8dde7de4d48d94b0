using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gatehouse.Tests.Storage.Sqlite;

/// <summary>Files that are no store, or no longer one.</summary>
public sealed class SqliteOpeningTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void AssertRefused(string path, string why)
    {
        var fault = Assert.Throws<StoreUnavailableException>(() => SqliteTableStore.Open(path));
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void A_folder_is_refused() => AssertRefused(folder.Path, "it is a folder");

    [Fact]
    public void A_path_where_no_file_can_be_created_is_refused()
    {
        File.WriteAllText(folder["file"], "");
        AssertRefused(Path.Combine(folder["file"], "store.db"), "cannot be made");
        AssertRefused(Path.Combine(folder["absent"], "store.db"), "cannot be made");
    }

    [Fact]
    public void A_file_that_is_not_a_database_is_refused_and_not_changed()
    {
        var text = string.Concat(Enumerable.Repeat("This is no database. ", 500));
        File.WriteAllText(folder["store.db"], text);
        AssertRefused(folder["store.db"], "not a database");
        Assert.Equal(text, File.ReadAllText(folder["store.db"]));
    }

    [Fact]
    public void Another_applications_database_is_refused_and_not_changed()
    {
        Execute(folder["store.db"], "CREATE TABLE other (id INTEGER)");
        var before = File.ReadAllBytes(folder["store.db"]);
        AssertRefused(folder["store.db"], "another application's");
        Assert.Equal(before, File.ReadAllBytes(folder["store.db"]));
    }

    [Fact]
    public async Task A_store_of_a_later_version_is_refused()
    {
        await SqliteTableStore.Open(folder["store.db"]).DisposeAsync();
        Execute(folder["store.db"], "PRAGMA user_version = 3");
        AssertRefused(folder["store.db"], "version 3");
    }

    [Fact]
    public async Task A_store_of_version_1_is_upgraded_and_processes_of_that_version_can_no_longer_commit()
    {
        string? etag;
        await using (var store = SqliteTableStore.Open(folder["store.db"]))
            etag = (await store.CommitAsync("Table", "p", [RowChange.Insert(new TableRow("a"))], CancellationToken.None)).ETags[0];
        Execute(folder["store.db"], "ALTER TABLE last_etag RENAME TO etags; PRAGMA user_version = 1");

        await using var upgraded = SqliteTableStore.Open(folder["store.db"]);
        Assert.Equal(etag, (await upgraded.GetAsync("Table", "p", "a", CancellationToken.None))!.ETag);
        var put = await upgraded.CommitAsync("Table", "p", [RowChange.Put(new TableRow("a"))], CancellationToken.None);
        Assert.NotEqual(etag, put.ETags[0]);
        // The first statement that version 1 runs in every transaction.
        Assert.Throws<SqliteException>(() => Execute(folder["store.db"], "SELECT last FROM etags"));
    }

    [Fact]
    public void A_generation_file_that_cannot_be_used_is_refused()
    {
        Directory.CreateDirectory(folder["store.db" + GenerationFile.Suffix]);
        AssertRefused(folder["store.db"], "store.db-generation' cannot be used");
    }

    [Fact]
    public async Task An_empty_file_becomes_a_store()
    {
        File.WriteAllText(folder["store.db"], "");
        await using var store = SqliteTableStore.Open(folder["store.db"]);
        Assert.Null(await store.GetAsync("Table", "p", "a", CancellationToken.None));
    }

    [Fact]
    public async Task Concurrent_stores_can_create_the_same_file()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SqliteTableStore.Open(folder["store.db"]))));
        foreach (var store in stores)
        {
            (await store.CommitAsync("Table", "p", [RowChange.Put(new TableRow("a"))], CancellationToken.None)).OrThrow();
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_properties_of_a_damaged_row_throw_RowFormatException_and_other_rows_can_be_read()
    {
        await using var store = SqliteTableStore.Open(folder["store.db"]);
        await store.CommitAsync(
            "Table", "p", [RowChange.Put(new TableRow("a")), RowChange.Put(new TableRow("b"))], CancellationToken.None);
        Execute(folder["store.db"], "UPDATE rows SET body = x'01FF' WHERE row = 'a'");

        for (var time = 0; time < 3; time++)
        {
            var damaged = (await store.GetAsync("Table", "p", "a", CancellationToken.None))!;
            Assert.Throws<RowFormatException>(() => damaged.Properties);
            Assert.Throws<RowFormatException>(() => damaged.Find("a"));
            Assert.Empty((await store.GetAsync("Table", "p", "b", CancellationToken.None))!.Properties);
            Assert.Equal(["a", "b"], (await store.ReadAsync("Table", "p", RowRange.All, 10, CancellationToken.None)).Select(row => row.Key));
        }
        Assert.True((await store.CommitAsync("Table", "p", [RowChange.Delete("a")], CancellationToken.None)).Succeeded);
    }

    [Fact]
    public async Task A_damaged_file_makes_the_store_unavailable()
    {
        await using (var store = SqliteTableStore.Open(folder["store.db"]))
        {
            RowChange[] changes =
                [.. Enumerable.Range(0, 100).Select(row => RowChange.Put(new TableRow($"{row}", ("Value", new byte[1000]))))];
            await store.CommitAsync("Table", "p", changes, CancellationToken.None);
        }
        var bytes = File.ReadAllBytes(folder["store.db"]);
        // Behind the first page, which holds the schema.
        bytes.AsSpan(4096).Fill(0xA5);
        File.WriteAllBytes(folder["store.db"], bytes);

        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
        {
            await using var store = SqliteTableStore.Open(folder["store.db"]);
            await store.ReadAsync("Table", "p", RowRange.All, 1000, CancellationToken.None);
        });
        Assert.Contains("malformed", fault.Message, StringComparison.Ordinal);
    }
}
