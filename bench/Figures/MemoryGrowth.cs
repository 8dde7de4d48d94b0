using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// The memory of the product's process after ten thousand requests and after a million. The requests view so many applications in
/// turn that no cache holds all of them.
/// </summary>
internal sealed class MemoryGrowth : IFigure
{
    private const double Most = 30;
    private const int Few = 10_000;
    private const int Many = 1_000_000;
    private const int Applications = 2500;
    private const int TokensEach = 10;
    private const int AtOnce = 32;

    public string Name => "memory";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        Samples few = new(), many = new(), growth = new();
        var credentials = "";
        foreach (var build in rig.Gatehouses)
        {
            var estate = await Estate.OfPlatformAsync(rig, build, Applications, TokensEach, cancellation);
            await using var servers = new Servers(rig);
            await GrowAsync(
                build.Side, await servers.StartGatehouseAsync(build, Servers.Settings(estate.DataFolder), cancellation, probed: false),
                estate.Credentials);
            credentials = estate.Credentials;
        }
        await using (var servers = new Servers(rig))
        {
            var body = await rig.NewFileAsync("body", [new string('x', 200)], cancellation);
            await GrowAsync(Side.Peer, await servers.StartPeerAsync([body], cancellation, probed: false), credentials);
        }
        return
        [
            few.Line("memory after 10,000 requests, MiB", "F1"),
            many.Line("memory after 1,000,000 requests, MiB", "F1"),
            growth.Line("growth between the two, MiB", "F1", Target.ValueAtMost(Most)),
        ];

        async Task GrowAsync(Side side, ServerProcess server, string file)
        {
            await AskAsync(server.Address, await File.ReadAllLinesAsync(file, cancellation), cancellation);
            var early = server.Meter.ResidentMemory;
            long requests = Few;
            while (requests < Many)
                requests += (await Wrk.RunAsync(server.Address, new Requests(file), rig.Options.Seconds, cancellation)).Requests;
            var late = server.Meter.ResidentMemory;
            few.Add(side, early);
            many.Add(side, late);
            growth.Add(side, late - early);
        }
    }

    // wrk has no option for a number of requests.
    private static async Task AskAsync(Uri server, string[] tokens, CancellationToken cancellation)
    {
        using var client = new Client(server);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(
            0, Few, options,
            async (number, cancel) => await client.PlatformAsync(HttpMethod.Get, Rig.ViewPath, tokens[number % tokens.Length], cancel));
    }
}
