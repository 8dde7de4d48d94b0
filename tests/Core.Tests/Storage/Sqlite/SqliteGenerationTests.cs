using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Storage.Sqlite;

/// <summary>
/// The number by which caches know whether their rows are current. Every store has a cache of its own, so two stores over one
/// file are to each other what two processes are.
/// </summary>
public sealed class SqliteGenerationTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryFolder folder = new();

    private string Database => folder["store.db"];

    private string Generation => Database + GenerationFile.Suffix;

    public void Dispose() => folder.Dispose();

    private static async Task PutAsync(SqliteTableStore store, int value) =>
        (await store.CommitAsync("Table", "p", [RowChange.Put(new TableRow("a", ("Value", value)))], None)).OrThrow();

    private static async Task<TableRow> GetAsync(SqliteTableStore store) => (await store.GetAsync("Table", "p", "a", None))!;

    private static async Task<long> ValueAsync(SqliteTableStore store) => (await GetAsync(store)).GetInt64("Value");

    // Both see each other's commits by their next read, and both cache.
    private static async Task AssertTogetherAsync(SqliteTableStore one, SqliteTableStore two)
    {
        for (var value = 100; value < 110; value++)
        {
            await PutAsync(value % 2 == 0 ? one : two, value);
            foreach (var store in new[] { one, two })
            {
                Assert.Equal(value, await ValueAsync(store));
                Assert.Same(await GetAsync(store), await GetAsync(store));
            }
        }
    }

    [Fact]
    public async Task Rows_are_cached_until_any_store_over_the_file_commits()
    {
        await using var one = SqliteTableStore.Open(Database);
        await using var two = SqliteTableStore.Open(Database);
        await AssertTogetherAsync(one, two);
    }

    [Fact]
    public async Task Nothing_is_cached_during_a_commit_of_another_process()
    {
        await using var store = SqliteTableStore.Open(Database);
        await PutAsync(store, 1);
        var other = new GenerationFile(Generation);
        other.BeginCommit();
        Assert.NotSame(await GetAsync(store), await GetAsync(store));
        other.EndCommit();
        Assert.Same(await GetAsync(store), await GetAsync(store));
    }

    [Fact]
    public void The_end_of_a_commit_leaves_the_number_odd_while_the_next_writer_commits()
    {
        var one = new GenerationFile(Generation);
        var two = new GenerationFile(Generation);
        var before = one.Read();
        Assert.True(GenerationFile.IsSettled(before));
        one.BeginCommit();
        two.BeginCommit();
        Assert.False(GenerationFile.IsSettled(one.Read()));
        one.EndCommit();
        Assert.False(GenerationFile.IsSettled(one.Read()));
        two.EndCommit();
        Assert.True(GenerationFile.IsSettled(one.Read()));
        Assert.Equal(one.Read(), two.Read());
        Assert.False(one.IsStill(before));
    }

    [Fact]
    public void The_first_commit_after_a_killed_one_makes_the_number_even_again()
    {
        new GenerationFile(Generation).BeginCommit();
        var next = new GenerationFile(Generation);
        Assert.False(GenerationFile.IsSettled(next.Read()));
        next.BeginCommit();
        next.EndCommit();
        Assert.True(GenerationFile.IsSettled(next.Read()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("This is text, and not a number.")]
    [InlineData("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")]
    public async Task Caches_stay_correct_with_a_damaged_generation_file(string content)
    {
        await using (var store = SqliteTableStore.Open(Database)) await PutAsync(store, 1);
        File.WriteAllText(Generation, content, System.Text.Encoding.Latin1);

        await using var one = SqliteTableStore.Open(Database);
        await using var two = SqliteTableStore.Open(Database);
        Assert.Equal(1, await ValueAsync(one));
        await AssertTogetherAsync(one, two);
    }

    [Fact]
    public async Task A_file_deleted_in_use_is_noticed_in_a_second_by_readers_and_writers()
    {
        await using var one = SqliteTableStore.Open(Database);
        await PutAsync(one, 1);
        Assert.Equal(1, await ValueAsync(one));
        File.Delete(Generation);
        await using var two = SqliteTableStore.Open(Database);
        await PutAsync(two, 2);

        await Waiting.UntilAsync(async () => await ValueAsync(one) == 2);
        await AssertTogetherAsync(one, two);
    }

    [Fact]
    public async Task A_file_deleted_during_a_commit_leaves_no_row_of_before_it_current()
    {
        var own = new GenerationFile(Generation);
        own.BeginCommit();
        var (raised, during) = (own.Read(), 0L);
        File.Delete(Generation);
        await Waiting.UntilAsync(() => (during = own.Read()) != raised);
        // Readers may cache rows under the new file's number now, and the commit becomes visible.
        own.EndCommit();
        Assert.False(own.IsStill(during));
        Assert.True(GenerationFile.IsSettled(own.Read()));
    }

    [Fact]
    public async Task A_link_to_the_database_leads_to_the_same_number()
    {
        await using var one = SqliteTableStore.Open(Database);
        File.CreateSymbolicLink(folder["link.db"], Database);
        await using var two = SqliteTableStore.Open(folder["link.db"]);
        await AssertTogetherAsync(one, two);
    }
}
