using Gatehouse.Bench;
using Gatehouse.Bench.Figures;
using Gatehouse.Bench.Harness;

IFigure[] figures =
[
    // First, because it measures the memory of this process.
    new ArchiveRunTime(),
    View("view", "GET /v3/applications/info", 1, 10, new LoadTargets { Rate = 0.95, P99 = 1.3, Allocated = 500 }),
    View("view-many", "the same over 1,000 applications", 1000, 1, new LoadTargets { Rate = 0.9 }),
    View("view-100k", "the same over 100,000 applications", null, 1, new LoadTargets { Rate = 0.7 }),
    View("view-commits", "GET /v3/applications/info with 100 commits/s beside it", 1, 9, new LoadTargets { Rate = 0.85 }, hasWriter: true),
    View(
        "view-many-commits", "the same over 1,000 applications with 100 commits/s beside it", 1000, 1, new LoadTargets { Rate = 0.85 },
        hasWriter: true),
    List("list-v3", "GET /v3/applications, 100", estate => new Requests(estate.Credentials) { Path = "/v3/applications?limit=100", Header = "Authorization" }, 2) with
    {
        MakeEstate = PlatformListAsync,
    },
    List("list-ops", "GET /ops/v1/applications, 100", estate => Ops(estate, "/ops/v1/applications?limit=100"), 3),
    List("view-ops", "GET /ops/v1/applications/{id}", estate => Ops(estate, $"/ops/v1/applications/{estate.Application}"), 3),
    List("audit", "GET /ops/v1/audit, 100", estate => Ops(estate, "/ops/v1/audit?limit=100"), 3),
    new HostedRate(),
    new FunctionsRate(),
    new UploadRate(),
    new StartTime(),
    new MemoryGrowth(),
    new UsageRate(),
    new UsageYear(),
    new NodeReports(),
    new FacadeCommits(),
    Jobs.Archive,
    new ArchiveCsv(),
    Jobs.Adoption,
    Jobs.Purge,
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
    using var rig = await Rig.CreateAsync(options, interrupted.Token);
    var report = new Report(options.Against);
    foreach (var figure in figures.Where(figure => options.Figures.Contains(figure.Name)))
    {
        Console.Error.WriteLine($"{figure.Name}:");
        var lines = await figure.MeasureAsync(rig, interrupted.Token);
        report.Add(lines);
        Console.Error.WriteLine(new Report(options.Against).Add(lines));
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

// Null applications: as many as the options say.
static RequestRate View(string name, string what, int? applications, int tokens, LoadTargets targets, bool hasWriter = false) => new()
{
    Name = name,
    What = what,
    MakeEstate = (rig, build, cancellation) =>
        Estate.OfPlatformAsync(rig, build, applications ?? rig.Options.Estate, tokens, cancellation),
    Targets = targets,
    HasWriter = hasWriter,
};

static RequestRate List(string name, string what, Func<Estate, Requests> requestsOf, double timesTheOther) => new()
{
    Name = name,
    What = what,
    MakeEstate = (rig, build, cancellation) => Estate.OfFacadeAsync(rig, build, 1000, cancellation),
    RequestsOf = requestsOf,
    Targets = new LoadTargets { TimesTheOther = timesTheOther },
};

static Requests Ops(Estate estate, string path) => new(estate.Credentials) { Path = path, Header = Rig.OpsHeader };

static async Task<Estate> PlatformListAsync(Rig rig, Build build, CancellationToken cancellation)
{
    var estate = await Estate.OfPlatformAsync(rig, build, 1000, 1, cancellation);
    return estate with { Credentials = await rig.NewFileAsync("organization", [Client.OrganizationText], cancellation) };
}
