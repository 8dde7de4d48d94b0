using System.Diagnostics;
using System.Globalization;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Tests.Storage.Sqlite;

/// <summary>One file in two processes: what each commits, the other sees by its next read, cached or not.</summary>
public sealed class SqliteProcessTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Two_processes_over_one_file_lose_no_update_and_read_nothing_stale()
    {
        const int Times = 100;
        await using var store = SqliteTableStore.Open(folder["store.db"]);
        await store.CommitAsync("Table", "p", [RowChange.Insert(Counter(0))], None);
        using var other = Start("increment", folder["store.db"], Times.ToString(CultureInfo.InvariantCulture));

        // The other process says when it is there, so that both count at the same time.
        Assert.Equal("ready", await other.StandardOutput.ReadLineAsync());
        await IncrementAsync(store, Times);

        // The next read here must return every commit that the other process has reported.
        var last = long.Parse((await other.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        Assert.InRange((await store.GetAsync("Table", "p", "counter", None))!.GetInt64("Value"), last, 2 * Times);
        await other.StandardInput.WriteLineAsync("end");
        await other.WaitForExitAsync();
        Assert.Equal(0, other.ExitCode);
        Assert.Equal(2 * Times, (await store.GetAsync("Table", "p", "counter", None))!.GetInt64("Value"));
    }

    [Fact]
    public async Task A_process_killed_after_its_COMMIT_leaves_no_stale_row_in_any_cache()
    {
        await using var store = SqliteTableStore.Open(folder["store.db"]);
        await store.CommitAsync("Table", "p", [RowChange.Insert(Counter(0)), RowChange.Insert(new TableRow("other"))], None);
        var etag = (await store.GetAsync("Table", "p", "counter", None))!.ETag;
        using var other = Start("commit-and-wait", folder["store.db"], "DELETE FROM rows WHERE row = 'counter'");
        // What is read now must not be taken for what is there after the commit.
        Assert.Equal("begun", await other.StandardOutput.ReadLineAsync());
        Assert.NotNull(await store.GetAsync("Table", "p", "counter", None));
        await other.StandardInput.WriteLineAsync("commit");
        Assert.Equal("committed", await other.StandardOutput.ReadLineAsync());
        Assert.Null(await store.GetAsync("Table", "p", "counter", None));
        other.Kill();
        await other.WaitForExitAsync();

        // The dead process' number stays until the next commit. Then rows are cached again.
        Assert.Null(await store.GetAsync("Table", "p", "counter", None));
        (await store.CommitAsync("Table", "p", [RowChange.Insert(Counter(1))], None)).OrThrow();
        var inserted = await store.GetAsync("Table", "p", "counter", None);
        Assert.NotEqual(etag, inserted!.ETag);
        Assert.Same(inserted, await store.GetAsync("Table", "p", "counter", None));
    }

    /// <summary>The other process: commits as a store does, and waits to be killed before the raise after it.</summary>
    public static int CommitAndWait(string path, string sql)
    {
        using var database = new Database(path, TimeSpan.FromSeconds(10));
        var generations = new GenerationFile(database.Path + GenerationFile.Suffix);
        database.RunWhenFree("BEGIN IMMEDIATE");
        database.Execute(sql);
        generations.BeginCommit();
        Console.WriteLine("begun");
        Console.ReadLine();
        database.Execute("COMMIT");
        Console.WriteLine("committed");
        Console.ReadLine();
        return 1;
    }

    /// <summary>The other process.</summary>
    public static async Task<int> IncrementAsync(string path, int times)
    {
        await using var store = SqliteTableStore.Open(path);
        Console.WriteLine("ready");
        var last = await IncrementAsync(store, times);
        Console.WriteLine(last.ToString(CultureInfo.InvariantCulture));
        Console.ReadLine();
        return 0;
    }

    private static TableRow Counter(long value) => new("counter", ("Value", value));

    // Returns what the last increment made of the counter.
    private static async Task<long> IncrementAsync(SqliteTableStore store, int times)
    {
        var last = 0L;
        while (times > 0)
        {
            var row = (await store.GetAsync("Table", "p", "counter", None))!;
            var value = row.GetInt64("Value");
            Assert.True(value >= last, $"The counter went back from {last} to {value}.");
            var result = await store.CommitAsync("Table", "p", [RowChange.Replace(Counter(value + 1), row.ETag!)], None);
            last = value;
            if (!result.Succeeded) continue;
            last = value + 1;
            times--;
        }
        return last;
    }

    internal static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(SqliteProcessTests).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }
}
