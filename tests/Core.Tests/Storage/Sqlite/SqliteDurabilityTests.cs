using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Gatehouse.Tests.Storage.Sqlite;

/// <summary>Transactions, the disk, the file's locks, and the end: what is SQLite's own about the store.</summary>
public sealed class SqliteDurabilityTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryFolder folder = new();

    private string File => folder["store.db"];

    public void Dispose() => folder.Dispose();

    private static RowChange[] Inserting(string key, int value = 0) => [RowChange.Insert(new TableRow(key, ("Value", value)))];

    // Reads complete synchronously, so that a loop of them never leaves the thread it began on.
    private static Task OnItsOwnThread(Func<Task> run) => Task.Factory.StartNew(
        run, None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

    private static Task<CommitResult> Insert(SqliteTableStore store, string key, CancellationToken cancellation = default) =>
        store.CommitAsync("Table", "p", Inserting(key), cancellation).AsTask();

    private static async Task<string[]> Keys(SqliteTableStore store) =>
        [.. (await store.ReadAsync("Table", "p", RowRange.All, 1000, None)).Select(row => row.Key)];

    // What another process does that writes for a while.
    private SqliteConnection Lock()
    {
        var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        Execute(connection, "BEGIN IMMEDIATE");
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    [Fact]
    public async Task After_a_restart_all_rows_are_kept_and_ETags_continue()
    {
        string? etag;
        await using (var store = SqliteTableStore.Open(File))
            etag = (await Insert(store, "a")).ETags[0];
        await using (var store = SqliteTableStore.Open(File))
        {
            Assert.Equal(etag, (await store.GetAsync("Table", "p", "a", None))!.ETag);
            await store.CommitAsync("Table", "p", [RowChange.Delete("a", etag)], None);
        }
        await using (var store = SqliteTableStore.Open(File))
            Assert.NotEqual(etag, (await Insert(store, "a")).ETags[0]);
    }

    [Fact]
    public async Task The_files_are_for_their_owner_alone_and_a_closed_store_leaves_two()
    {
        await using (var store = SqliteTableStore.Open(File))
        {
            await Insert(store, "a");
            await store.GetAsync("Table", "p", "a", None);
            foreach (var file in Directory.GetFiles(folder.Path))
            {
                if (!OperatingSystem.IsWindows())
                    Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file));
            }
        }
        Assert.Equal([File, File + GenerationFile.Suffix], Directory.GetFiles(folder.Path).Order());
    }

    [Fact]
    public async Task An_acknowledged_commit_is_on_disk_before_the_store_is_closed()
    {
        await using var store = SqliteTableStore.Open(File);
        for (var round = 0; round < 5; round++)
        {
            (await Insert(store, $"{round}")).OrThrow();
            foreach (var file in new[] { "store.db", "store.db-wal" })
                System.IO.File.Copy(folder[file], folder["copy-" + file], overwrite: true);
            await using var copy = SqliteTableStore.Open(folder["copy-store.db"]);
            Assert.Equal(round + 1, (await Keys(copy)).Length);
        }
    }

    [Fact]
    public async Task Commits_that_wait_together_share_one_transaction_and_each_has_its_own_outcome()
    {
        await using var store = SqliteTableStore.Open(File);
        await Insert(store, "there");
        Task<CommitResult>[] commits;
        using (Lock())
        {
            commits =
            [
                .. Enumerable.Range(0, 20).Select(index => Insert(store, $"{index:d2}")),
                Insert(store, "there"),
                store.CommitAsync("Table", "p", [.. Inserting("half"), RowChange.Delete("absent")], None).AsTask(),
                store.CommitAsync("Other", "p", [.. Inserting("half"), RowChange.Delete("absent")], None).AsTask(),
                store.CommitAsync("Other", "p", Inserting("whole"), None).AsTask(),
            ];
            Assert.DoesNotContain(commits, commit => commit.IsCompleted);
        }
        var results = await Task.WhenAll(commits);

        Assert.Equal(2, store.Groups);
        Assert.All(results[..20], result => Assert.True(result.Succeeded));
        Assert.Equal((CommitFailure.AlreadyExists, 0), (results[20].Failure, results[20].FailedIndex));
        Assert.Equal((CommitFailure.Missing, 1), (results[21].Failure, results[21].FailedIndex));
        Assert.Equal((CommitFailure.Missing, 1), (results[22].Failure, results[22].FailedIndex));
        Assert.True(results[23].Succeeded);
        Assert.Equal(Enumerable.Range(0, 20).Select(index => $"{index:d2}").Append("there"), await Keys(store));
        Assert.NotNull(await store.GetAsync("Other", "p", "whole", None));
        Assert.Null(await store.GetAsync("Other", "p", "half", None));
    }

    [Fact]
    public async Task A_lock_that_is_held_too_long_fails_the_waiting_commits_and_no_later_ones()
    {
        await using var store = SqliteTableStore.Open(File, new SqliteStoreSettings { Timeout = TimeSpan.FromMilliseconds(50) });
        using (Lock())
        {
            var commits = Enumerable.Range(0, 5).Select(index => Insert(store, $"{index}")).ToArray();
            foreach (var commit in commits)
            {
                var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => commit);
                Assert.Contains(File, fault.Message, StringComparison.Ordinal);
            }
            Assert.Empty(await Keys(store));
        }
        (await Insert(store, "a")).OrThrow();
        Assert.Equal(["a"], await Keys(store));
    }

    [Fact]
    public async Task A_full_disk_fails_every_commit_of_the_group_and_later_commits_succeed()
    {
        await using var store = SqliteTableStore.Open(File, new SqliteStoreSettings { MostBytes = 256 * 1024 });
        (await Insert(store, "there")).OrThrow();
        Task<CommitResult>[] commits;
        using (Lock())
        {
            var large = RowChange.Insert(new TableRow(
                "large", [.. Enumerable.Range(0, 8).Select(name => ($"P{name}", (object)new byte[64 * 1024]))]));
            commits = [Insert(store, "before"), store.CommitAsync("New", "p", [large], None).AsTask(), Insert(store, "behind")];
        }
        foreach (var commit in commits)
        {
            var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => commit);
            Assert.Contains("full", fault.Message, StringComparison.Ordinal);
            Assert.True(fault.IsLasting);
        }
        Assert.Equal(["there"], await Keys(store));

        // Nothing of the failed transaction is left in memory either: neither the new table nor the ETags.
        (await store.CommitAsync("New", "p", Inserting("small"), None)).OrThrow();
        (await Insert(store, "behind")).OrThrow();
        Assert.Equal(["behind", "there"], await Keys(store));
        Assert.NotNull(await store.GetAsync("New", "p", "small", None));
    }

    [Fact]
    public async Task A_commit_cancelled_in_the_queue_is_not_made()
    {
        await using var store = SqliteTableStore.Open(File);
        using var source = new CancellationTokenSource();
        Task<CommitResult> cancelled, kept;
        using (Lock())
        {
            cancelled = Insert(store, "cancelled", source.Token);
            kept = Insert(store, "kept");
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        }
        (await kept).OrThrow();
        Assert.Equal(["kept"], await Keys(store));
    }

    [Fact]
    public async Task A_commit_cancelled_after_it_was_made_returns_its_result()
    {
        await using var store = SqliteTableStore.Open(File);
        using var source = new CancellationTokenSource();
        var commit = Insert(store, "a", source.Token);
        (await commit).OrThrow();
        await source.CancelAsync();
        Assert.True((await commit).Succeeded);
    }

    [Fact]
    public async Task Closing_the_store_makes_the_accepted_commits_and_refuses_later_ones()
    {
        var store = SqliteTableStore.Open(File);
        Task<CommitResult>[] accepted;
        Task closing;
        using (Lock())
        {
            accepted = [.. Enumerable.Range(0, 10).Select(index => Insert(store, $"{index}"))];
            closing = store.DisposeAsync().AsTask();
            Assert.False(closing.IsCompleted);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => Insert(store, "late"));
        }
        await closing;
        Assert.All(await Task.WhenAll(accepted), result => Assert.True(result.Succeeded));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.GetAsync("Table", "p", "0", None));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.GetManyAsync("Table", "p", ["0"], None));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Keys(store));
        await store.DisposeAsync();

        await using var reopened = SqliteTableStore.Open(File);
        Assert.Equal(10, (await Keys(reopened)).Length);
    }

    [Fact]
    public async Task Closing_the_store_during_reads_does_not_fail_them()
    {
        var store = SqliteTableStore.Open(File);
        await Insert(store, "a");
        using var reading = new CountdownEvent(4);
        var readers = Enumerable.Range(0, 4).Select(_ => OnItsOwnThread(async () =>
        {
            Assert.NotNull(await store.GetAsync("Table", "p", "a", None));
            reading.Signal();
            while (true)
            {
                Assert.NotNull(await store.GetAsync("Table", "p", "a", None));
                Assert.Null(await store.GetAsync("Table", "p", Guid.NewGuid().ToString(), None));
            }
        })).ToArray();
        reading.Wait(None);
        await store.DisposeAsync();
        foreach (var reader in readers) await Assert.ThrowsAsync<ObjectDisposedException>(() => reader);
    }
}
