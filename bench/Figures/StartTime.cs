using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// The time from the start of the process to its first answer with 200, with the files in the operating system's cache: with an
/// existing data folder, and with a new one.
/// </summary>
internal sealed class StartTime : IFigure
{
    private const double Most = 1.1;
    private const int FirstStarts = 5;

    public string Name => "start";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        List<(Side Side, Func<bool, Task<double>> StartAsync)> sides = [];
        foreach (var build in rig.Gatehouses)
        {
            var estate = await Estate.OfPlatformAsync(rig, build, 1, 10, cancellation);
            sides.Add((build.Side, isFirst => GatehouseAsync(build, isFirst ? null : estate)));
        }
        var body = await rig.NewFileAsync("body", ["{}"], cancellation);
        sides.Insert(1, (Side.Peer, _ => PeerAsync(body)));

        // The first start of each reads its files from the disk.
        foreach (var (_, startAsync) in sides) await startAsync(false);
        Samples starts = new(), firstStarts = new();
        await RepeatAsync(starts, rig.Options.Starts, isFirst: false);
        await RepeatAsync(firstStarts, FirstStarts, isFirst: true);
        return
        [
            starts.Line("start to first answer, ms", "F0", Target.AtMost(Most)),
            firstStarts.Line("the first start of all, which makes the data folder, ms", "F0"),
        ];

        async Task RepeatAsync(Samples samples, int times, bool isFirst)
        {
            for (var repetition = 0; repetition < times; repetition++)
                foreach (var (side, startAsync) in sides) samples.Add(side, await startAsync(isFirst));
        }

        async Task<double> GatehouseAsync(Build build, Estate? estate)
        {
            await using var servers = new Servers(rig);
            var server = await servers.StartGatehouseAsync(
                build, Servers.Settings(estate?.DataFolder ?? rig.NewPath("data")), cancellation, estate?.FirstCredential, probed: false);
            return server.StartTime.TotalMilliseconds;
        }

        async Task<double> PeerAsync(string answer)
        {
            await using var servers = new Servers(rig);
            return (await servers.StartPeerAsync([answer], cancellation, probed: false)).StartTime.TotalMilliseconds;
        }
    }
}
