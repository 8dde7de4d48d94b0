using Gatehouse.Storage;

namespace Gatehouse.Tests.Storage;

/// <summary>What every <see cref="ITableStore"/> must do. The tests of a store derive from it and open the store.</summary>
public abstract partial class TableStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The store under test.</summary>
    protected ITableStore Store { get; private set; } = null!;

    /// <summary>A table that no other test uses.</summary>
    protected string Table { get; } = "T" + Guid.NewGuid().ToString("N");

    /// <summary>How many random command sequences are run.</summary>
    protected virtual int Sequences => 60;

    public virtual async Task InitializeAsync() => Store = await OpenAsync();

    public abstract Task DisposeAsync();

    /// <summary>Opens the same store again, as another process would. <see cref="DisposeAsync"/> closes it.</summary>
    protected abstract Task<ITableStore> OpenAsync();

    protected static TableRow Row(string key, int value = 0) => new(key, ("Value", value));

    protected async Task<CommitResult> Commit(params RowChange[] changes) => await Store.CommitAsync(Table, "p", changes, None);

    protected async Task<TableRow?> Get(string row) => await Store.GetAsync(Table, "p", row, None);

    protected async Task<string> ETagOf(string row) => (await Get(row))!.ETag!;

    private static long Value(TableRow? row) => row!.GetInt64("Value");

    private static void AssertFailed(CommitFailure failure, int index, CommitResult result)
    {
        Assert.Equal((failure, index), (result.Failure, result.FailedIndex));
        Assert.False(result.Succeeded);
        Assert.Empty(result.ETags);
        Assert.Throws<InvalidOperationException>(result.OrThrow);
    }

    [Fact]
    public async Task An_inserted_row_can_be_read_with_the_ETag_of_the_result()
    {
        Assert.Null(await Get("a"));

        var result = await Commit(RowChange.Insert(Row("a", 7)));

        Assert.True(result.Succeeded);
        Assert.Equal(-1, result.FailedIndex);
        var row = await Get("a");
        Assert.Equal("a", row!.Key);
        Assert.Equal(result.ETags, [row.ETag]);
        Assert.Equal(7, Value(row));
    }

    [Fact]
    public async Task Inserting_an_existing_row_fails_and_changes_nothing()
    {
        await Commit(RowChange.Insert(Row("a", 1)));
        AssertFailed(CommitFailure.AlreadyExists, 0, await Commit(RowChange.Insert(Row("a", 2))));
        Assert.Equal(1, Value(await Get("a")));
    }

    [Fact]
    public async Task A_put_writes_the_row_whether_it_exists_or_not()
    {
        (await Commit(RowChange.Put(new TableRow("a", ("Value", 1), ("Old", "x"))))).OrThrow();
        Assert.Equal(1, Value(await Get("a")));

        var result = await Commit(RowChange.Put(Row("a", 2)));

        var row = await Get("a");
        Assert.Equal(2, Value(row));
        Assert.Equal(result.ETags, [row!.ETag]);
        Assert.Null(row.Find("Old"));
    }

    [Fact]
    public async Task A_replace_with_the_rows_ETag_writes_it()
    {
        await Commit(RowChange.Insert(new TableRow("a", ("Value", 1), ("Old", "x"))));

        var result = await Commit(RowChange.Replace(Row("a", 2), await ETagOf("a")));

        var row = await Get("a");
        Assert.Equal(2, Value(row));
        Assert.Equal(result.ETags, [row!.ETag]);
        Assert.Null(row.Find("Old"));
    }

    [Fact]
    public async Task A_replace_with_an_earlier_ETag_fails_as_changed()
    {
        var first = (await Commit(RowChange.Insert(Row("a", 1)))).ETags[0]!;
        await Commit(RowChange.Put(Row("a", 2)));
        AssertFailed(CommitFailure.Changed, 0, await Commit(RowChange.Replace(Row("a", 3), first)));
        Assert.Equal(2, Value(await Get("a")));
    }

    [Fact]
    public async Task A_replace_of_a_missing_row_fails_as_missing()
    {
        var etag = (await Commit(RowChange.Insert(Row("a")))).ETags[0]!;
        await Commit(RowChange.Delete("a"));
        AssertFailed(CommitFailure.Missing, 0, await Commit(RowChange.Replace(Row("a"), etag)));
        Assert.Null(await Get("a"));
    }

    [Fact]
    public async Task A_delete_without_an_ETag_removes_any_version()
    {
        await Commit(RowChange.Insert(Row("a")));
        var result = await Commit(RowChange.Delete("a"));
        Assert.True(result.Succeeded);
        Assert.Equal([null], result.ETags);
        Assert.Null(await Get("a"));
    }

    [Fact]
    public async Task A_delete_with_an_ETag_removes_only_that_version()
    {
        var first = (await Commit(RowChange.Insert(Row("a", 1)))).ETags[0]!;
        var second = (await Commit(RowChange.Put(Row("a", 2)))).ETags[0]!;
        AssertFailed(CommitFailure.Changed, 0, await Commit(RowChange.Delete("a", first)));
        Assert.NotNull(await Get("a"));

        (await Commit(RowChange.Delete("a", second))).OrThrow();

        Assert.Null(await Get("a"));
        AssertFailed(CommitFailure.Missing, 0, await Commit(RowChange.Delete("a", second)));
    }

    [Fact]
    public async Task A_delete_of_a_missing_row_fails_as_missing() =>
        AssertFailed(CommitFailure.Missing, 0, await Commit(RowChange.Delete("a")));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(99)]
    public async Task A_failing_commit_names_its_first_failing_change_and_leaves_no_trace(int failing)
    {
        await Commit(RowChange.Insert(Row("there", 1)), RowChange.Insert(Row("kept", 2)));
        var before = await Store.ReadAsync(Table, "p", RowRange.All, 1000, None);
        var changes = Enumerable.Range(0, 100).Select(index => RowChange.Insert(Row($"new-{index:d2}", index))).ToArray();
        if (failing > 0) changes[0] = RowChange.Delete("kept");
        changes[failing] = RowChange.Insert(Row("there", 9));
        if (failing < 99) changes[99] = RowChange.Delete("absent");

        AssertFailed(CommitFailure.AlreadyExists, failing, await Commit(changes));

        var after = await Store.ReadAsync(Table, "p", RowRange.All, 1000, None);
        Assert.Equal(before.Select(row => (row.Key, row.ETag, Value(row))), after.Select(row => (row.Key, row.ETag, Value(row))));
    }

    [Fact]
    public async Task A_commit_makes_changes_of_every_kind_together()
    {
        var made = await Commit(
            RowChange.Insert(Row("put", 1)), RowChange.Insert(Row("replaced", 1)), RowChange.Insert(Row("deleted")),
            RowChange.Insert(Row("matched")));

        var result = await Commit(
            RowChange.Put(Row("put", 2)), RowChange.Delete("deleted"), RowChange.Insert(Row("inserted", 2)),
            RowChange.Replace(Row("replaced", 2), made.ETags[1]!), RowChange.Delete("matched", made.ETags[3]));

        var rows = await Store.ReadAsync(Table, "p", RowRange.All, 1000, None);
        Assert.Equal([("inserted", 2), ("put", 2), ("replaced", 2)], rows.Select(row => (row.Key, Value(row))));
        Assert.Equal([rows[1].ETag, null, rows[0].ETag, rows[2].ETag, null], result.ETags);
    }

    [Fact]
    public async Task ETags_are_never_reused()
    {
        var seen = new HashSet<string>();
        for (var round = 0; round < 5; round++)
        {
            Assert.True(seen.Add((await Commit(RowChange.Insert(Row("a")))).ETags[0]!));
            Assert.True(seen.Add((await Commit(RowChange.Put(Row("a")))).ETags[0]!));
            Assert.True(seen.Add((await Commit(RowChange.Replace(Row("a"), await ETagOf("a")))).ETags[0]!));
            await Commit(RowChange.Delete("a"));
        }
    }

    [Fact]
    public async Task An_unknown_ETag_matches_no_row()
    {
        await Commit(RowChange.Insert(Row("a", 1)));
        var etag = await ETagOf("a");
        foreach (var other in new[] { "x", "-1", "0" + etag, etag + " ", etag.ToUpperInvariant() + "X", new string('9', 400) })
            AssertFailed(CommitFailure.Changed, 0, await Commit(RowChange.Replace(Row("a", 2), other)));
    }

    [Fact]
    public async Task Partitions_and_tables_are_separate()
    {
        var other = "U" + Guid.NewGuid().ToString("N");
        (await Store.CommitAsync(Table, "p", [RowChange.Insert(Row("a", 1))], None)).OrThrow();
        (await Store.CommitAsync(Table, "P", [RowChange.Insert(Row("a", 2))], None)).OrThrow();
        (await Store.CommitAsync(other, "p", [RowChange.Insert(Row("a", 3))], None)).OrThrow();
        (await Store.CommitAsync(Table, "p", [RowChange.Insert(Row("A", 4))], None)).OrThrow();

        Assert.Equal(1, Value(await Store.GetAsync(Table, "p", "a", None)));
        Assert.Equal(2, Value(await Store.GetAsync(Table, "P", "a", None)));
        Assert.Equal(3, Value(await Store.GetAsync(other, "p", "a", None)));
        Assert.Equal(4, Value(await Store.GetAsync(Table, "p", "A", None)));
    }

    [Fact]
    public async Task A_commit_cancelled_beforehand_changes_nothing()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.CommitAsync(Table, "p", [RowChange.Insert(Row("a"))], source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.GetAsync(Table, "p", "a", source.Token));
        Assert.Null(await Get("a"));
    }

    [Fact]
    public async Task Of_many_inserts_of_one_row_exactly_one_succeeds()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(
            index => Task.Run(() => Commit(RowChange.Insert(Row("a", index)), RowChange.Insert(Row($"of-{index}"))))));

        var winner = Assert.Single(Enumerable.Range(0, 40), index => results[index].Succeeded);
        Assert.Equal(winner, Value(await Get("a")));
        var rows = await Store.ReadAsync(Table, "p", RowRange.Prefix("of-"), 1000, None);
        Assert.Equal([$"of-{winner}"], rows.Select(row => row.Key));
    }

    [Fact]
    public async Task Concurrent_replaces_of_one_row_lose_no_update()
    {
        await Commit(RowChange.Insert(Row("counter")));
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Increment(Store, 10))));
        Assert.Equal(160, Value(await Get("counter")));
    }

    [Fact]
    public async Task Two_stores_over_the_same_data_lose_no_update()
    {
        var other = await OpenAsync();
        await Commit(RowChange.Insert(Row("counter")));
        await Task.WhenAll(new[] { Store, other, Store, other }.Select(store => Task.Run(() => Increment(store, 25))));
        Assert.Equal(100, Value(await Store.GetAsync(Table, "p", "counter", None)));
        Assert.Equal(100, Value(await other.GetAsync(Table, "p", "counter", None)));
    }

    [Fact]
    public async Task A_commit_is_visible_to_other_stores_at_once()
    {
        var other = await OpenAsync();
        Assert.Null(await other.GetAsync(Table, "p", "a", None));
        for (var round = 1; round <= 30; round++)
        {
            var (writer, reader) = round % 2 == 0 ? (Store, other) : (other, Store);
            await writer.CommitAsync(Table, "p", [RowChange.Put(Row("a", round))], None);
            Assert.Equal(round, Value(await reader.GetAsync(Table, "p", "a", None)));
            Assert.Equal(round, Value(await writer.GetAsync(Table, "p", "a", None)));
            Assert.Equal(round, Value((await reader.ReadAsync(Table, "p", RowRange.All, 1, None))[0]));
        }
        await Commit(RowChange.Delete("a"));
        Assert.Null(await other.GetAsync(Table, "p", "a", None));
    }

    private async Task Increment(ITableStore store, int times)
    {
        while (times > 0)
        {
            var row = await store.GetAsync(Table, "p", "counter", None);
            var next = Row("counter", (int)Value(row) + 1);
            var result = await store.CommitAsync(Table, "p", [RowChange.Replace(next, row!.ETag!)], None);
            if (result.Succeeded) times--;
            else Assert.Equal(CommitFailure.Changed, result.Failure);
        }
    }
}
