using System.Globalization;

namespace Gatehouse.Bench.Harness;

/// <summary>A side under load.</summary>
/// <param name="Side">Which side.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Meter">Measures its process.</param>
/// <param name="Requests">What is sent to it.</param>
internal sealed record LoadedSide(Side Side, Uri Address, ProcessMeter Meter, Requests Requests)
{
    /// <summary>A server under load.</summary>
    public LoadedSide(Side side, ServerProcess server, Requests requests) : this(side, server.Address, server.Meter, requests)
    {
    }
}

/// <summary>Other work during the runs of a side.</summary>
/// <param name="What">What it does, as the table names its rate.</param>
/// <param name="Run">Does it for some seconds, and returns its rate.</param>
/// <param name="Targets">Targets for its rate.</param>
internal sealed record Beside(string What, Func<LoadedSide, int, CancellationToken, Task<double>> Run, params IEnumerable<Target> Targets);

/// <summary>The targets of a figure. Null for none.</summary>
internal sealed record LoadTargets
{
    /// <summary>The least rate, as a ratio to the peer's.</summary>
    public double? Rate { get; init; }

    /// <summary>The least rate, as a ratio to the other commit's.</summary>
    public double? TimesTheOther { get; init; }

    /// <summary>The most of the 99th percentile, as a ratio to the peer's.</summary>
    public double? P99 { get; init; }

    /// <summary>The most bytes that are allocated for a request.</summary>
    public double? Allocated { get; init; }
}

/// <summary>Runs of the load generator against all sides, in turns: rate, latency, and what a request costs the server.</summary>
internal sealed class LoadRuns
{
    // The runtime compiles what is used often again. Until then that code counts its calls, which makes it several times slower: on
    // busy processors for some 15 seconds. A server is warm when a run has compiled fewer than this number of methods.
    private const int FewMethods = 10;
    private const int MostWarmUps = 6;

    private readonly Samples rate = new();
    private readonly Samples latency = new();
    private readonly Samples processor = new();
    private readonly Samples allocated = new();
    private readonly Samples besideRate = new();
    private readonly Samples commits = new();
    private readonly Beside? beside;

    private LoadRuns(Beside? beside) => this.beside = beside;

    /// <summary>Warms all sides up, and runs them in turns as often as the options say.</summary>
    public static async Task<LoadRuns> MeasureAsync(
        Rig rig, IReadOnlyList<LoadedSide> sides, CancellationToken cancellation, Beside? beside = null)
    {
        var runs = new LoadRuns(beside);
        foreach (var side in sides) await WarmUpAsync(side, rig.Options.Seconds, cancellation);
        for (var repetition = 0; repetition < rig.Options.Repetitions; repetition++)
        {
            var loads = new List<string>();
            foreach (var side in sides)
                loads.Add((await runs.RunAsync(side, rig.Options.Seconds, cancellation)).ToString("F0", CultureInfo.InvariantCulture));
            Console.Error.WriteLine($"  {string.Join(" : ", loads)} requests/s");
        }
        return runs;
    }

    /// <summary>The lines of the table.</summary>
    public IReadOnlyList<ReportLine> Lines(string what, LoadTargets targets)
    {
        List<ReportLine> lines =
        [
            rate.Line(
                $"{what}: requests/s", "F0",
                [.. Some(targets.Rate, Target.AtLeast), .. Some(targets.TimesTheOther, Target.TimesTheOther)]),
            latency.Line($"{what}: p99, ms", "F2", Some(targets.P99, Target.AtMost)),
            processor.Line($"{what}: the server's processor time a request, µs", "F1"),
        ];
        if (allocated.Has(Side.Product))
            lines.Add(allocated.Line($"{what}: allocated a request, bytes", "F0", Some(targets.Allocated, Target.ValueAtMost)));
        if (beside is null) return lines;
        lines.Add(besideRate.Line($"{what}: {beside.What}", "F0", beside.Targets));
        lines.Add(commits.Line($"{what}: commits/s of the server meanwhile", "F0"));
        return lines;
    }

    // A process without a probe gets one run.
    private static async Task WarmUpAsync(LoadedSide side, int seconds, CancellationToken cancellation)
    {
        var compiled = 0L;
        for (var run = 0; run < MostWarmUps; run++)
        {
            await Wrk.RunAsync(side.Address, side.Requests, seconds, cancellation);
            var before = compiled;
            compiled = (await side.Meter.ReadProbeAsync(cancellation))?.Compiled ?? 0;
            if (compiled - before < FewMethods) return;
        }
    }

    private async Task<double> RunAsync(LoadedSide side, int seconds, CancellationToken cancellation)
    {
        var before = (side.Meter.ProcessorTime, Probe: await side.Meter.ReadProbeAsync(cancellation));
        var besides = beside?.Run(side, seconds, cancellation);
        var load = await Wrk.RunAsync(side.Address, side.Requests, seconds, cancellation);
        if (besides is not null) besideRate.Add(side.Side, await besides);
        var after = (side.Meter.ProcessorTime, Probe: await side.Meter.ReadProbeAsync(cancellation));

        rate.Add(side.Side, load.PerSecond);
        latency.Add(side.Side, load.P99);
        processor.Add(side.Side, (after.ProcessorTime - before.ProcessorTime).TotalMicroseconds / load.Requests);
        if (before.Probe is null || after.Probe is null) return load.PerSecond;
        allocated.Add(side.Side, (double)(after.Probe.Allocated - before.Probe.Allocated) / load.Requests);
        if (side.Side != Side.Peer) commits.Add(side.Side, (after.Probe.Commits - before.Probe.Commits) / (double)seconds);
        return load.PerSecond;
    }

    private static IEnumerable<Target> Some(double? value, Func<double, Target> make) => value is { } known ? [make(known)] : [];
}
