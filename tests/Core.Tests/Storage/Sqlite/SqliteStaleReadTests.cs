using System.Globalization;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Storage.Sqlite;

/// <summary>
/// Readers and writers in this process, and a second process that commits from time to time. Runs for as many seconds as
/// <c>GATEHOUSE_CACHE_SECONDS</c> says.
/// </summary>
public sealed class SqliteStaleReadTests : IDisposable
{
    private const int Writers = 2;
    private const int Readers = 3;
    private const int KeysEach = 4;

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly double Seconds =
        double.Parse(Environment.GetEnvironmentVariable("GATEHOUSE_CACHE_SECONDS") ?? "2", CultureInfo.InvariantCulture);

    private readonly TemporaryFolder folder = new();

    // The last writer's keys are the other process'. Values only grow, so none may be read below one that was answered or read.
    private readonly long[] known = new long[(Writers + 1) * KeysEach];
    private readonly int[] inserted = new int[Writers];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task No_read_is_older_than_an_answered_commit_or_an_earlier_read()
    {
        await using var store = SqliteTableStore.Open(folder["store.db"]);
        for (var index = 0; index < known.Length; index++) (await PutAsync(store, index, 0)).OrThrow();
        for (var writer = 0; writer < Writers; writer++) await InsertAsync(store, writer, 0);
        using var other = SqliteProcessTests.Start("commit-until-told", folder["store.db"]);
        Assert.Equal("ready", await other.StandardOutput.ReadLineAsync());

        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(Seconds));
        using var failed = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, failed.Token);
        var over = either.Token;
        Task Run(Func<Task> run) => Task.Factory.StartNew(
            async () =>
            {
                try
                {
                    while (!over.IsCancellationRequested) await run();
                }
                finally
                {
                    // All end when one has failed.
                    await failed.CancelAsync();
                }
            },
            None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        var writers = Enumerable.Range(0, Writers).Select(writer => Run(() => WriteAsync(store, writer)));
        var readers = Enumerable.Range(0, Readers).Select(_ => Run(() => ReadAsync(store)));
        await Task.WhenAll([.. writers, .. readers]);

        await other.StandardInput.WriteLineAsync("end");
        await other.WaitForExitAsync();
        Assert.Equal(0, other.ExitCode);
        Assert.All(inserted, count => Assert.True(count > 1));
        Assert.True(known[^1] > 0);
    }

    /// <summary>The other process.</summary>
    public static async Task<int> CommitUntilToldAsync(string path)
    {
        await using var store = SqliteTableStore.Open(path);
        Console.WriteLine("ready");
        var told = Task.Run(Console.ReadLine);
        for (var value = 1; !told.IsCompleted; value++)
        {
            for (var index = Writers * KeysEach; index < (Writers + 1) * KeysEach; index++)
                (await PutAsync(store, index, value)).OrThrow();
            // Leaves the others time for commits that follow each other.
            await Task.WhenAny(told, Task.Delay(value % 20));
        }
        return 0;
    }

    private static string Key(int index) => $"key:{index}";

    private static string NewKey(int writer, int count) => $"new:{writer}:{count}";

    private static ValueTask<CommitResult> PutAsync(SqliteTableStore store, int index, long value) =>
        store.CommitAsync("Table", "p", [RowChange.Put(new TableRow(Key(index), ("Value", value)))], None);

    private static async Task InsertAsync(SqliteTableStore store, int writer, int count) =>
        (await store.CommitAsync("Table", "p", [RowChange.Insert(new TableRow(NewKey(writer, count)))], None)).OrThrow();

    private async Task WriteAsync(SqliteTableStore store, int writer)
    {
        var index = writer * KeysEach + Random.Shared.Next(KeysEach);
        var value = Volatile.Read(ref known[index]) + 1;
        (await PutAsync(store, index, value)).OrThrow();
        Know(index, value);
        var count = Volatile.Read(ref inserted[writer]) + 1;
        await InsertAsync(store, writer, count);
        Volatile.Write(ref inserted[writer], count);
    }

    private async Task ReadAsync(SqliteTableStore store)
    {
        // The other process' commits become known by the reads that pass by the cache.
        var rows = Enumerable.Range(0, known.Length).ToArray();
        var least = Array.ConvertAll(rows, index => Volatile.Read(ref known[index]));
        var found = await store.GetManyAsync("Table", "p", Array.ConvertAll(rows, Key), None);
        foreach (var index in rows) Check(index, least[index], found[index]);
        for (var times = 0; times < 100; times++)
        {
            var index = Random.Shared.Next(known.Length);
            var low = Volatile.Read(ref known[index]);
            Check(index, low, await store.GetAsync("Table", "p", Key(index), None));

            var writer = index % Writers;
            var count = Volatile.Read(ref inserted[writer]);
            await store.GetAsync("Table", "p", NewKey(writer, count + 1), None);
            Assert.NotNull(await store.GetAsync("Table", "p", NewKey(writer, count), None));
        }
    }

    private void Check(int index, long least, TableRow? row)
    {
        var value = row!.GetInt64("Value");
        Assert.True(value >= least, $"{Key(index)} is read as {value} after {least}.");
        Know(index, value);
    }

    private void Know(int index, long value)
    {
        var last = Volatile.Read(ref known[index]);
        while (last < value)
        {
            var seen = Interlocked.CompareExchange(ref known[index], value, last);
            if (seen == last) return;
            last = seen;
        }
    }
}
