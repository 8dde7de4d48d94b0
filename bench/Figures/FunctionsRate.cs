using Gatehouse.Bench.Harness;
using Gatehouse.FunctionsHost;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// What a request costs the published Functions app, under the double of the Functions host. The peer is a bare function app under
/// another such double, which answers the same bytes. The doubles run in this process.
/// </summary>
internal sealed class FunctionsRate : IFigure
{
    private static readonly (string Name, string Value)[] TimerFunctions =
        [("UrgentJobsSchedule", "0 * * * * *"), ("BackgroundJobsSchedule", "30 * * * * *")];

    public string Name => "functions";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        await using var servers = new Servers(rig);
        List<LoadedSide> sides = [];
        foreach (var build in rig.Gatehouses)
        {
            var estate = await Estate.OfPlatformAsync(rig, build, 1, 10, cancellation);
            sides.Add(await StartAsync(
                build.Side, await Rig.PublishFunctionsAsync(build, cancellation), [.. Servers.Settings(estate.DataFolder), .. TimerFunctions],
                new Requests(estate.Credentials)));
        }
        var body = rig.NewPath("body");
        using (var client = new Client(sides[0].Address))
            await File.WriteAllBytesAsync(body, await client.GetAsync(sides[0].Requests, cancellation), cancellation);
        sides.Insert(1, await StartAsync(Side.Peer, await rig.PublishBareFunctionAsync(cancellation), [("Body", body)], sides[0].Requests));
        return (await LoadRuns.MeasureAsync(rig, sides, cancellation)).Lines("the same behind the host double; peer: a bare function", new LoadTargets());

        async Task<LoadedSide> StartAsync(Side side, string folder, IEnumerable<(string Name, string Value)> settings, Requests requests)
        {
            var probe = rig.NewPath("probe");
            settings = [.. settings, .. await servers.ProbeSettingsAsync(probe, cancellation)];
            var host = servers.Keep(await HostDouble.StartAsync(folder, settings.ToDictionary(setting => setting.Name, setting => setting.Value)));
            return new LoadedSide(side, host.Address, new ProcessMeter(host.WorkerProcessId!.Value, probe), requests);
        }
    }
}
