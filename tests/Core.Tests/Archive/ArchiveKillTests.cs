using System.Diagnostics;
using System.Globalization;
using Gatehouse.Archive;
using Gatehouse.Archive.Daily;
using Gatehouse.Storage;
using static Gatehouse.Tests.Archive.ArchiveScene;

namespace Gatehouse.Tests.Archive;

/// <summary>
/// A real process is killed with SIGKILL again and again in the middle of a run and of a backfill. There are 20 kills, or as
/// many as <c>GATEHOUSE_CRASHES</c> says.
/// </summary>
public sealed class ArchiveKillTests
{
    private const int Killed = 128 + 9;
    private const int CommitsToKill = 4;
    private const int CommitsUnderWay = 4;

    private static readonly DateOnly Today = Day("2025-06-20");
    private static readonly DayRange Filled = new(Day("2019-01-01"), Day("2024-05-14"));
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("GATEHOUSE_CRASHES"), out var kills) ? kills : 20;

    // Each has five commits, so what is allowed before the last kill is never all.
    private static readonly int Applications = 2 * Kills;

    [Fact]
    public async Task A_run_that_is_killed_often_writes_the_same_rows_as_one_that_is_not()
    {
        using var killed = new TemporaryFolder();
        using var whole = new TemporaryFolder();
        var (ids, backfill) = await PrepareAsync(killed.Path);
        foreach (var file in Directory.GetFiles(killed.Path)) File.Copy(file, whole[Path.GetFileName(file)]);

        var random = new Random(20240515);
        for (var kill = 0; kill < Kills; kill++) await KillAsync(killed.Path, random.Next(1, CommitsToKill + 1));

        // A process that starts after the last one and is not killed.
        await RunAsync(killed.Path, _ => { }, () => Task.CompletedTask);
        await RunAsync(whole.Path, _ => { }, () => Task.CompletedTask);
        await using var one = await CreateAsync(killed.Path);
        await using var other = await CreateAsync(whole.Path);
        foreach (var id in ids) Assert.Equal(await RowsAsync(other, id), await RowsAsync(one, id));
        Assert.Equal(Filled.Days, (await one.Start().Backfills.FindAsync(ids[0], backfill, None))!.DaysDone);
        one.GoTo(Today);
        one.RightClock.Advance(one.Settings.InterruptedAfter);
        var runs = new List<ArchiveRun>();
        for (Guid? after = null; runs.Count == 0 || after is not null;)
        {
            var page = await one.Start().Runs.ListAsync(after, 100, None);
            runs.AddRange(page.Runs);
            after = page.Next;
        }
        Assert.Equal([ArchiveRunState.Done, .. Enumerable.Repeat(ArchiveRunState.Interrupted, Kills)], runs.Select(run => run.State));
    }

    /// <summary>The other process. It makes one commit for each line on its input, and reports it.</summary>
    public static async Task<int> RunAsync(string folder)
    {
        using var permits = new SemaphoreSlim(0);
        var reading = Task.Run(() =>
        {
            while (Console.ReadLine() is not null) permits.Release();
        });
        await RunAsync(folder, Console.WriteLine, () => permits.WaitAsync());
        await reading;
        return 0;
    }

    private static async Task RunAsync(string folder, Action<string> committed, Func<Task> awaitTurn)
    {
        await using var scene = await CreateAsync(folder);
        scene.Settings = scene.Settings with { ApplicationsAtOnce = 4 };
        scene.GoTo(Today);
        scene.Store.BeforeCommit = table => table == Table ? awaitTurn() : Task.CompletedTask;
        scene.Store.Committed = table =>
        {
            if (table == Table) committed(table);
        };
        var instance = scene.Start();
        await Task.WhenAll(instance.Archive.RunAsync(None), instance.Backfills.RunAsync(None));
    }

    private static async Task<(IReadOnlyList<AppId> Ids, Guid Backfill)> PrepareAsync(string folder)
    {
        await using var scene = await CreateAsync(folder);
        var ids = new List<AppId>();
        for (var count = 0; count < Applications; count++) ids.Add(await scene.AddAsync());
        return (ids, (await scene.Start().Backfills.OrderAsync(ids[0], Filled, None)).Id);
    }

    private static async Task KillAsync(string folder, int commits)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ArchiveKillTests).Assembly.Location, "archive", folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        // A few more than are waited for: those are where the kill interrupts.
        for (var turn = 0; turn < commits + CommitsUnderWay; turn++) await process.StandardInput.WriteLineAsync();
        await process.StandardInput.FlushAsync();
        for (var seen = 0; seen < commits; seen++) Assert.Equal(Table, await process.StandardOutput.ReadLineAsync());
        process.Kill();
        await process.WaitForExitAsync();
        Assert.Equal(Killed, process.ExitCode);
    }

    // Durations differ between runs.
    private static async Task<IReadOnlyList<string>> RowsAsync(ArchiveScene scene, AppId id)
    {
        var lines = new List<string>();
        var range = RowRange.All;
        while (await scene.Store.ReadAsync(Table, id.ToString(), range, 1000, None) is { Count: > 0 } rows)
        {
            lines.AddRange(rows.Select(row => row.Key + " " + string.Join(
                ", ", row.Properties.Where(property => property.Name != "WorkedMs").Select(property =>
                    property.Value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(property.Value, CultureInfo.InvariantCulture)))));
            range = range.StartingAfter(rows[^1].Key);
        }
        return lines;
    }
}
