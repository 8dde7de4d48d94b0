using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gatehouse.Tests.Storage.Sqlite;

/// <summary>
/// Which cached rows stay over a commit. A cached row is the same object at each read. A cached absence is shown by a row that is
/// inserted without raising the number, as no store does: a read of SQLite finds it, the cache does not.
/// </summary>
public sealed class SqliteRowCacheTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryFolder folder = new();

    private string File => folder["store.db"];

    public void Dispose() => folder.Dispose();

    private static RowChange Put(string key, int value) => RowChange.Put(new TableRow(key, ("Value", value)));

    private static async Task CommitAsync(SqliteTableStore store, params RowChange[] changes) =>
        (await store.CommitAsync("Table", "p", changes, None)).OrThrow();

    private static async Task<TableRow?> GetAsync(SqliteTableStore store, string key) =>
        await store.GetAsync("Table", "p", key, None);

    private static RowKey Key(string row) => new("Table", "p", row);

    private static PendingCommit[] Changing(params string[] rows) =>
        [new PendingCommit("Table", "p", [.. rows.Select(row => Put(row, 2))])];

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void InsertUnseen(string key) =>
        Execute($"INSERT INTO rows SELECT table_id, partition, '{key}', etag, body FROM rows WHERE row = 'still'");

    [Fact]
    public async Task Commits_remove_only_the_changed_rows_from_the_cache()
    {
        await using var store = SqliteTableStore.Open(File);
        await CommitAsync(store, Put("still", 0), Put("changed", 0), Put("deleted", 0));
        var still = await GetAsync(store, "still");
        Assert.Null(await GetAsync(store, "absent"));
        for (var value = 1; value < 5; value++)
        {
            await GetAsync(store, "changed");
            await GetAsync(store, "deleted");
            Assert.Null(await GetAsync(store, $"new:{value}"));
            await CommitAsync(store, Put("changed", value), RowChange.Delete("deleted"), Put($"new:{value}", value));
            Assert.Equal(value, (await GetAsync(store, "changed"))!.GetInt64("Value"));
            Assert.Null(await GetAsync(store, "deleted"));
            Assert.NotNull(await GetAsync(store, $"new:{value}"));
            await CommitAsync(store, Put("deleted", value));
            Assert.NotNull(await GetAsync(store, "deleted"));
        }
        InsertUnseen("absent");
        Assert.Same(still, await GetAsync(store, "still"));
        Assert.Null(await GetAsync(store, "absent"));

        // Another process' commit may have changed any row.
        var other = new GenerationFile(File + GenerationFile.Suffix);
        other.BeginCommit();
        other.EndCommit();
        await CommitAsync(store, Put("changed", 5));
        Assert.NotSame(still, await GetAsync(store, "still"));
        Assert.NotNull(await GetAsync(store, "absent"));
    }

    [Fact]
    public async Task What_was_made_of_a_row_is_kept_until_the_row_changes()
    {
        await using var store = SqliteTableStore.Open(File);
        await CommitAsync(store, Put("row", 0));
        var made = await MakeAsync();
        Assert.Same(made, await MakeAsync());

        // After another process' commit the row is read again, and is the same.
        var read = await GetAsync(store, "row");
        var other = new GenerationFile(File + GenerationFile.Suffix);
        other.BeginCommit();
        other.EndCommit();
        Assert.Same(made, await MakeAsync());
        Assert.NotSame(read, await GetAsync(store, "row"));

        await CommitAsync(store, Put("row", 0));
        Assert.NotSame(made, await MakeAsync());
        made = await MakeAsync();
        other.BeginCommit();
        Execute("UPDATE rows SET body = (SELECT zeroblob(length(body)) FROM rows WHERE row = 'row') WHERE row = 'row'");
        other.EndCommit();
        Assert.NotSame(made, await MakeAsync());

        async Task<object> MakeAsync() => (await GetAsync(store, "row"))!.As(_ => new object())!;
    }

    [Fact]
    public async Task Commits_of_one_transaction_keep_unchanged_rows_in_the_cache()
    {
        await using var store = SqliteTableStore.Open(File);
        string[] keys = [.. Enumerable.Range(0, 10).Select(index => $"{index}")];
        await CommitAsync(store, [Put("still", 0), .. keys.Select(key => Put(key, 0))]);
        var still = await GetAsync(store, "still");
        foreach (var key in keys) await GetAsync(store, key);
        Task[] commits;
        Task<CommitResult> refused;
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var begin = connection.CreateCommand();
            begin.CommandText = "BEGIN IMMEDIATE";
            begin.ExecuteNonQuery();
            commits = [.. keys.Select(key => CommitAsync(store, Put(key, 1)))];
            refused = store.CommitAsync("Table", "p", [RowChange.Insert(new TableRow("still"))], None).AsTask();
        }
        await Task.WhenAll(commits);

        Assert.Equal(2, store.Groups);
        Assert.False((await refused).Succeeded);
        foreach (var key in keys) Assert.Equal(1, (await GetAsync(store, key))!.GetInt64("Value"));
        Assert.Same(still, await GetAsync(store, "still"));
    }

    [Fact]
    public async Task During_a_commit_of_its_own_a_store_uses_and_fills_its_cache_for_rows_that_do_not_change()
    {
        await using (var store = SqliteTableStore.Open(File))
            await CommitAsync(store, Put("cached", 0), Put("still", 0), Put("changed", 0));
        var cache = new RowCache();
        var own = new GenerationFile(File + GenerationFile.Suffix);
        using var reader = new RowReader(new Database(File, TimeSpan.FromSeconds(10)), cache, own);
        using var database = new Database(File, TimeSpan.FromSeconds(10));
        var cached = reader.Get(Key("cached"));
        var old = reader.Get(Key("changed"));
        Assert.Same(old, reader.Get(Key("changed")));

        database.RunWhenFree("BEGIN IMMEDIATE");
        database.Execute("DELETE FROM rows WHERE row = 'changed'");
        own.BeginCommit((before, number) => cache.BeginCommit(before, number, Changing("changed")));
        Assert.Same(cached, reader.Get(Key("cached")));
        var still = reader.Get(Key("still"));
        Assert.Same(still, reader.Get(Key("still")));
        Assert.NotSame(old, reader.Get(Key("changed")));
        Assert.NotSame(reader.Get(Key("changed")), reader.Get(Key("changed")));
        database.Execute("COMMIT");
        Assert.Null(reader.Get(Key("changed")));
        Assert.Same(still, reader.Get(Key("still")));
        own.EndCommit();
        Assert.Null(reader.Get(Key("changed")));
        Assert.Same(cached, reader.Get(Key("cached")));
        Assert.Same(still, reader.Get(Key("still")));
    }

    [Fact]
    public async Task Another_process_that_commits_before_the_number_is_even_again_empties_the_cache()
    {
        await using (var store = SqliteTableStore.Open(File)) await CommitAsync(store, Put("still", 0));
        var cache = new RowCache();
        var own = new GenerationFile(File + GenerationFile.Suffix);
        var other = new GenerationFile(File + GenerationFile.Suffix);
        using var reader = new RowReader(new Database(File, TimeSpan.FromSeconds(10)), cache, own);
        void Begin() => own.BeginCommit((before, number) => cache.BeginCommit(before, number, []));
        for (var overlap = 0; overlap < 3; overlap++)
        {
            // 0: the other begins during this store's commit. 1: this store begins during the other's. 2: they do not overlap.
            var still = reader.Get(Key("still"));
            Assert.Same(still, reader.Get(Key("still")));
            if (overlap == 0) Begin();
            other.BeginCommit();
            Assert.NotSame(still, reader.Get(Key("still")));
            if (overlap == 1) Begin();
            if (overlap == 0) own.EndCommit();
            Assert.NotSame(reader.Get(Key("still")), reader.Get(Key("still")));
            other.EndCommit();
            if (overlap == 1) own.EndCommit();
            Assert.NotSame(still, reader.Get(Key("still")));
            Begin();
            Assert.NotSame(still, reader.Get(Key("still")));
            own.EndCommit();
            Assert.NotSame(still, reader.Get(Key("still")));
        }
    }

    public enum Moment
    {
        BeforeTheMark,
        BetweenMarkAndRaise,
        DuringTheCommit,
    }

    [Theory]
    [InlineData(Moment.BeforeTheMark, 0)]
    [InlineData(Moment.BeforeTheMark, 500)]
    [InlineData(Moment.BetweenMarkAndRaise, 0)]
    [InlineData(Moment.BetweenMarkAndRaise, 500)]
    [InlineData(Moment.DuringTheCommit, 0)]
    [InlineData(Moment.DuringTheCommit, 500)]
    public void A_row_read_before_a_commit_changed_it_is_not_found_after_the_commit(Moment begun, int bytes)
    {
        // A row, or an absence (0 bytes).
        var old = bytes == 0 ? null : new TableRow("changed");
        var cache = new RowCache();
        var own = new GenerationFile(File + GenerationFile.Suffix);
        var other = new GenerationFile(File + GenerationFile.Suffix);
        long readAt = 0;
        void BeginRead(Moment now)
        {
            if (now != begun) return;
            var number = other.Read();
            Assert.False(cache.TryGet(number, Key("changed"), out _, out readAt));
            Assert.True(other.IsStill(number));
        }

        BeginRead(Moment.BeforeTheMark);
        own.BeginCommit((before, number) =>
        {
            cache.BeginCommit(before, number, Changing("changed", "other"));
            BeginRead(Moment.BetweenMarkAndRaise);
        });
        BeginRead(Moment.DuringTheCommit);
        own.EndCommit();
        cache.Keep(readAt, Key("changed"), old, bytes);
        Assert.False(cache.TryGet(other.Read(), Key("changed"), out _, out readAt));

        // What is read now is kept, also over the next commit.
        cache.Keep(readAt, Key("changed"), old, bytes);
        Assert.True(cache.TryGet(other.Read(), Key("changed"), out _, out _));
        own.BeginCommit((before, number) => cache.BeginCommit(before, number, Changing("other")));
        own.EndCommit();
        Assert.True(cache.TryGet(other.Read(), Key("changed"), out var row, out _));
        Assert.Same(old, row);
    }

    [Fact]
    public void A_commit_removes_the_rows_that_it_changes_and_few_others()
    {
        string[] keys = [.. Enumerable.Range(0, 6000).Select(index => $"{index}")];
        var cache = new RowCache();
        var own = new GenerationFile(File + GenerationFile.Suffix);
        foreach (var key in keys)
        {
            cache.TryGet(own.Read(), Key(key), out _, out var readAt);
            cache.Keep(readAt, Key(key), new TableRow(key), 100);
        }
        string[] Cached() => [.. keys.Where(key => cache.TryGet(own.Read(), Key(key), out var row, out _) && row!.Key == key)];
        var before = Cached();
        string[] changed = [.. keys.Where((_, index) => index % 3 == 0)];
        own.BeginCommit((number, commit) => cache.BeginCommit(number, commit, Changing(changed)));
        Assert.Equal(keys.Length, before.Length);
        Check();
        own.EndCommit();
        Check();

        void Check()
        {
            var after = Cached();
            Assert.Empty(after.Intersect(changed));
            // About 3 in 100 share the mark of a row that changed.
            Assert.InRange(after.Length, 3600, 4000);
        }
    }

    [Fact]
    public void The_cache_keeps_within_its_bytes_and_lets_unused_rows_go_first()
    {
        const int Used = 50, Many = 20_000, MostBytes = 200_000;
        var cache = new RowCache(MostBytes);
        var own = new GenerationFile(File + GenerationFile.Suffix);
        void Keep(string key)
        {
            Assert.False(cache.TryGet(own.Read(), Key(key), out _, out var readAt));
            cache.Keep(readAt, Key(key), new TableRow(key), 100);
        }
        bool IsFound(string key) => cache.TryGet(own.Read(), Key(key), out _, out _);

        for (var index = 0; index < Used; index++) Keep($"used:{index}");
        for (var index = 0; index < Many; index++)
        {
            Keep($"{index}");
            if (index % 10 == 0)
                for (var used = 0; used < Used; used++) IsFound($"used:{used}");
        }

        // A row takes at least its 100 bytes twice.
        Assert.InRange(Enumerable.Range(0, Many).Count(index => IsFound($"{index}")), 1, MostBytes / 200);
        Assert.InRange(Enumerable.Range(0, Used).Count(index => IsFound($"used:{index}")), 45, Used);
    }

    [Fact]
    public async Task A_failed_COMMIT_empties_the_cache_until_the_next_commit()
    {
        await using var store = SqliteTableStore.Open(File);
        await CommitAsync(store, Put("still", 0), Put("changed", 0));
        // A constraint that SQLite checks at COMMIT.
        Execute("""
            CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER fail AFTER INSERT ON rows WHEN new.row = 'fail' BEGIN INSERT INTO child VALUES (1); END
            """);
        var still = await GetAsync(store, "still");
        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => CommitAsync(store, Put("changed", 1), Put("fail", 1)));
        Assert.Contains("FOREIGN KEY", fault.Message, StringComparison.Ordinal);

        Assert.NotSame(still, await GetAsync(store, "still"));
        Assert.NotSame(await GetAsync(store, "still"), await GetAsync(store, "still"));
        Assert.Equal(0, (await GetAsync(store, "changed"))!.GetInt64("Value"));
        await CommitAsync(store, Put("changed", 2));
        Assert.Same(await GetAsync(store, "still"), await GetAsync(store, "still"));
        Assert.Equal(2, (await GetAsync(store, "changed"))!.GetInt64("Value"));
        Assert.Null(await GetAsync(store, "fail"));
    }
}
