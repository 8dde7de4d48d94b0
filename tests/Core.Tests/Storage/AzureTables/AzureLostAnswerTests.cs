using Gatehouse.Storage;
using Gatehouse.Storage.AzureTables;
using Gatehouse.Tests.Azurite;

namespace Gatehouse.Tests.Storage.AzureTables;

/// <summary>
/// The client retries a transaction whose answer was lost. The second answer reports a conflict that the first attempt
/// caused.
/// </summary>
public sealed class AzureLostAnswerTests : IAsyncLifetime
{
    private const string Table = "Things";

    private static readonly CancellationToken None = CancellationToken.None;

    private TablesProxy proxy = null!;
    private AzureTableStore store = null!;
    private AzureTableStore other = null!;

    public static TheoryData<string> Losses => [.. Behaviours.Keys];

    private static readonly Dictionary<string, TablesProxy.Behaviour> Behaviours = new()
    {
        ["the connection breaks"] = TablesProxy.LoseAnswer,
        ["the answer is cut off"] = TablesProxy.Truncate,
        ["the answer is an error"] = TablesProxy.FailAfterwards,
        ["the answer does not come"] = TablesProxy.Hang,
    };

    public async Task InitializeAsync()
    {
        proxy = await TablesProxy.StartAsync();
        store = AzureTableStore.Open(proxy.ConnectionString, Quick(TimeSpan.FromSeconds(2)), TimeProvider.System);
        other = AzureTableStore.Open(proxy.Direct, AzureTableTimeouts.Default, TimeProvider.System);
        await other.CommitAsync(Table, "p", [RowChange.Insert(Row("there", 1)), RowChange.Insert(Row("also", 1))], None);
    }

    public async Task DisposeAsync() => await proxy.DisposeAsync();

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task A_commit_of_every_kind_is_made_once_where(string loss)
    {
        var (there, also) = (await GetAsync("there"), await GetAsync("also"));
        proxy.ToNextTransactions(1, Behaviours[loss]);

        var result = await store.CommitAsync(
            Table, "p",
            [
                RowChange.Insert(Row("new", 7)), RowChange.Replace(Row("there", 2), there!.ETag!), RowChange.Put(Row("put", 3)),
                RowChange.Delete("also", also!.ETag),
            ],
            None);

        Assert.True(result.Succeeded);
        Assert.Equal(1, store.ProvedCommits);
        var rows = await other.ReadAsync(Table, "p", RowRange.All, 10, None);
        Assert.Equal([("new", 7L), ("put", 3), ("there", 2)], rows.Select(row => (row.Key, row.GetInt64("Value"))));
        Assert.Equal([rows[0].ETag, rows[2].ETag, rows[1].ETag, null], result.ETags);
        (await store.CommitAsync(Table, "p", [RowChange.Replace(Row("new", 8), result.ETags[0]!)], None)).OrThrow();
    }

    [Fact]
    public async Task A_commit_that_was_sent_is_waited_for_when_its_caller_goes_away()
    {
        using var caller = new CancellationTokenSource();
        proxy.ToNextTransactions(1, async (_, _) =>
        {
            await caller.CancelAsync();
            return false;
        });
        Assert.True((await store.CommitAsync(Table, "p", [RowChange.Insert(Row("new", 7))], caller.Token)).Succeeded);
        Assert.Equal(7, (await other.GetAsync(Table, "p", "new", None))!.GetInt64("Value"));

        // One that has not begun is not sent.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.CommitAsync(Table, "p", [RowChange.Insert(Row("never", 7))], caller.Token).AsTask());
        Assert.Null(await other.GetAsync(Table, "p", "never", None));
    }

    [Fact]
    public async Task The_first_commit_to_a_table_survives_the_loss_of_every_answer()
    {
        var lost = new HashSet<string>();
        proxy.Around = async (context, passOn) =>
        {
            // One request of each kind, including the creation of the table.
            bool isFirst;
            lock (lost) isFirst = lost.Add(context.Request.Path);
            return isFirst && await TablesProxy.LoseAnswer(context, passOn);
        };

        (await store.CommitAsync("Others", "p", [RowChange.Insert(Row("new", 7))], None)).OrThrow();

        Assert.Equal(7, (await other.GetAsync("Others", "p", "new", None))!.GetInt64("Value"));
    }

    [Fact]
    public async Task A_conflict_with_another_writer_needs_no_further_request()
    {
        proxy.ToNextTransactions(1, (context, _) => TablesProxy.Refuse(context, 503, "ServerBusy"));

        var result = await store.CommitAsync(Table, "p", [RowChange.Insert(Row("there", 9))], None);

        Assert.Equal((CommitFailure.AlreadyExists, 0), (result.Failure, result.FailedIndex));
        Assert.Equal(2, proxy.Requests.Count);
        Assert.Equal(1, (await GetAsync("there"))!.GetInt64("Value"));
    }

    [Fact]
    public async Task Rows_that_others_changed_later_do_not_prove_the_commit()
    {
        proxy.ToNextTransactions(1, async (context, passOn) =>
        {
            var lost = await TablesProxy.LoseAnswer(context, passOn);
            await other.CommitAsync(Table, "p", [RowChange.Put(Row("new", 9))], None);
            return lost;
        });

        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await store.CommitAsync(Table, "p", [RowChange.Insert(Row("new", 7))], None));
    }

    [Fact]
    public async Task One_unchanged_row_proves_the_commit()
    {
        proxy.ToNextTransactions(1, async (context, passOn) =>
        {
            var lost = await TablesProxy.LoseAnswer(context, passOn);
            await other.CommitAsync(Table, "p", [RowChange.Put(Row("one", 9))], None);
            return lost;
        });

        var result = await store.CommitAsync(Table, "p", [RowChange.Insert(Row("one", 7)), RowChange.Insert(Row("two", 7))], None);

        Assert.True(result.Succeeded);
        var changed = await store.CommitAsync(Table, "p", [RowChange.Replace(Row("one", 8), result.ETags[0]!)], None);
        Assert.Equal(CommitFailure.Changed, changed.Failure);
        (await store.CommitAsync(Table, "p", [RowChange.Replace(Row("two", 8), result.ETags[1]!)], None)).OrThrow();
    }

    [Fact]
    public async Task A_lost_request_is_made_by_the_retry()
    {
        proxy.ToNextTransactions(2, TablesProxy.LoseRequest);

        (await store.CommitAsync(Table, "p", [RowChange.Insert(Row("new", 7))], None)).OrThrow();

        Assert.Equal(0, store.ProvedCommits);
    }

    [Fact]
    public async Task Deletes_of_missing_rows_count_as_made()
    {
        proxy.ToNextTransactions(1, TablesProxy.LoseAnswer);

        var result = await store.CommitAsync(Table, "p", [RowChange.Delete("there"), RowChange.Delete("also")], None);

        Assert.Equal([null, null], result.ETags);
        Assert.Null(await GetAsync("there"));
    }

    [Fact]
    public async Task A_lost_answer_to_a_delete_by_ETag_is_an_unknown_outcome()
    {
        var there = await GetAsync("there");
        proxy.ToNextTransactions(1, TablesProxy.LoseAnswer);

        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await store.CommitAsync(Table, "p", [RowChange.Delete("there", there!.ETag)], None));
    }

    [Fact]
    public async Task A_commit_without_any_answer_fails()
    {
        proxy.Around = TablesProxy.LoseAnswer;

        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await store.CommitAsync(Table, "p", [RowChange.Insert(Row("new", 7))], None));

        Assert.Contains("cannot be reached", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_are_exact_when_every_third_answer_or_request_is_lost()
    {
        var requests = 0;
        proxy.Around = async (context, passOn) => (Interlocked.Increment(ref requests) % 6) switch
        {
            0 => await TablesProxy.LoseAnswer(context, passOn),
            3 => await TablesProxy.LoseRequest(context, passOn),
            _ => false,
        };
        await other.CommitAsync(Table, "p", [RowChange.Insert(Row("counter", 0))], None);
        var (made, unknown) = (0, 0);

        await Parallel.ForAsync(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (operation, _) =>
        {
            for (var tries = 0; ; tries++)
            {
                try
                {
                    var counter = await store.GetAsync(Table, "p", "counter", None);
                    var result = await store.CommitAsync(
                        Table, "p",
                        [
                            RowChange.Replace(Row("counter", (int)counter!.GetInt64("Value") + 1), counter.ETag!),
                            RowChange.Insert(Row($"of-{operation}-{tries}", 0)),
                        ],
                        None);
                    if (!result.Succeeded) continue;
                    Interlocked.Increment(ref made);
                }
                catch (StoreUnavailableException)
                {
                    Interlocked.Increment(ref unknown);
                }
                return;
            }
        });

        var written = (await other.ReadAsync(Table, "p", RowRange.Prefix("of-"), 1000, None)).Count;
        Assert.Equal(written, (await GetAsync("counter"))!.GetInt64("Value"));
        Assert.InRange(written, made, made + unknown);
        Assert.NotEqual(0, store.ProvedCommits);
    }

    private static TableRow Row(string key, int value) => new(key, ("Value", value));

    private static AzureTableTimeouts Quick(TimeSpan attempt) => AzureTableTimeouts.Default with
    {
        Attempt = attempt,
        FirstDelay = TimeSpan.FromMilliseconds(1),
        LongestDelay = TimeSpan.FromMilliseconds(20),
    };

    private ValueTask<TableRow?> GetAsync(string row) => other.GetAsync(Table, "p", row, None);
}
