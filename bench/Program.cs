using Gatehouse.Bench;
using Gatehouse.Bench.Figures;
using Gatehouse.Bench.Harness;

IFigure[] figures =
[
    new RequestRate("view", "GET /v3/applications/info", applications: 1, tokens: 10),
    new RequestRate("view-many", "the same over 1,000 applications", applications: 1000, tokens: 1),
    new StartTime(),
    new MemoryGrowth(),
    new UsageRate(),
    new UsageYear(),
    new HostedRate(),
    new ArchiveRunTime(),
    new ArchiveCsv(),
];

if (Options.Parse(args, figures) is not { } options) return 1;
using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};

try
{
    Wrk.Require();
    using var rig = await Rig.BuildAsync(options, interrupted.Token);
    var report = new Report();
    foreach (var figure in figures.Where(figure => options.Figures.Contains(figure.Name)))
    {
        Console.Error.WriteLine($"{figure.Name}:");
        report.Add(await figure.MeasureAsync(rig, interrupted.Token));
    }
    Console.WriteLine(report);
    if (options.Write) report.WriteTo(Path.Combine(Rig.Root, "bench", "README.md"));
    return 0;
}
catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
{
    return 130;
}
catch (BenchException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
