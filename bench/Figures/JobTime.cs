using System.Globalization;
using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// A run of one of the server's timers over a data folder that was made for it: its rate, its processor time, its peak memory and its
/// commits. Each run gets a fresh copy of the folder. There is no peer.
/// </summary>
internal sealed class JobTime : IFigure
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public required string Name { get; init; }

    /// <summary>Its name in the table.</summary>
    public required string What { get; init; }

    /// <summary>The timer.</summary>
    public required string Job { get; init; }

    /// <summary>What a run works through, as the table names its rate.</summary>
    public required string Unit { get; init; }

    /// <summary>How many of them there are.</summary>
    public required Func<Options, int> CountOf { get; init; }

    /// <summary>Fills the data folder.</summary>
    public required Func<Rig, Build, string, int, CancellationToken, Task> SeedAsync { get; init; }

    /// <summary>Throws if the run has not done its work.</summary>
    public required Func<Client, int, CancellationToken, Task> CheckAsync { get; init; }

    /// <summary>The least rate, as a ratio to the other commit's; null for none.</summary>
    public double? TimesTheOther { get; init; }

    /// <summary>The most runs of each side, because one takes long.</summary>
    public int MostRuns { get; init; } = int.MaxValue;

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var count = CountOf(rig.Options);
        var folders = new Dictionary<Side, string>();
        foreach (var build in rig.Gatehouses) await SeedAsync(rig, build, folders[build.Side] = rig.NewFolder("data"), count, cancellation);

        Samples time = new(), rate = new(), processor = new(), memory = new(), commits = new();
        for (var repetition = 0; repetition < Math.Min(rig.Options.Repetitions, MostRuns); repetition++)
        {
            foreach (var build in rig.Gatehouses)
            {
                var folder = await rig.CopyAsync(folders[build.Side], cancellation);
                var (seconds, cost, peak, committed) = await RunAsync(rig, build, folder, count, cancellation);
                time.Add(build.Side, seconds);
                rate.Add(build.Side, count / seconds);
                processor.Add(build.Side, cost);
                memory.Add(build.Side, peak);
                commits.Add(build.Side, committed);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {build.Side}: {seconds:F1} s"));
                Directory.Delete(folder, recursive: true);
            }
        }
        var what = string.Create(CultureInfo.InvariantCulture, $"{What} ({count:N0} {Unit})");
        return
        [
            time.Line($"{what}: s", "F1"),
            rate.Line($"{what}: {Unit}/s", "N0", TimesTheOther is { } times ? [Target.TimesTheOther(times)] : []),
            processor.Line($"{what}: the server's processor time, s", "F1"),
            memory.Line($"{what}: peak memory, MiB", "F1"),
            commits.Line($"{what}: commits, the vault's included", "N0"),
        ];
    }

    private async Task<(double Seconds, double Processor, double Memory, long Commits)> RunAsync(
        Rig rig, Build build, string folder, int count, CancellationToken cancellation)
    {
        await using var servers = new Servers(rig);
        var server = await servers.StartGatehouseAsync(build, [.. Servers.Settings(folder), ("BENCH_PROBE_DETAILS", "1")], cancellation);
        using var client = new Client(server.Address);
        var (processor, before) = (server.Meter.ProcessorTime, (await server.Meter.ReadProbeAsync(cancellation))!);
        await client.FacadeAsync(HttpMethod.Post, $"/admin/functions/{Job}", null, cancellation);
        while (true)
        {
            await Task.Delay(Pause, cancellation);
            var probe = (await server.Meter.ReadProbeAsync(cancellation))!;
            if (probe.Runs.FirstOrDefault(run => run.Job == Job) is not { Job: not null } run) continue;
            if (run.Outcome != "done") throw new BenchException($"{Job} ended as {run.Outcome}.");
            var cost = (server.Meter.ProcessorTime - processor).TotalSeconds;
            var memory = server.Meter.PeakMemory;
            await CheckAsync(client, count, cancellation);
            return (run.Seconds, cost, memory, probe.Commits - before.Commits);
        }
    }
}
