using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// Requests per second, their latency, and what a request costs the server: processor time and allocated bytes. A request goes through
/// the whole stack on SQLite. The peer answers the same bytes.
/// </summary>
internal sealed record RequestRate : IFigure
{
    public required string Name { get; init; }

    /// <summary>Its name in the table.</summary>
    public required string What { get; init; }

    /// <summary>Makes the data folder.</summary>
    public required Func<Rig, Build, CancellationToken, Task<Estate>> MakeEstate { get; init; }

    /// <summary>The requests. By default they view the applications of the tokens.</summary>
    public Func<Estate, Requests> RequestsOf { get; init; } = estate => new Requests(estate.Credentials);

    /// <summary>The targets.</summary>
    public LoadTargets Targets { get; init; } = new();

    /// <summary>Whether a writer commits meanwhile.</summary>
    public bool HasWriter { get; init; }

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        await using var servers = new Servers(rig);
        List<LoadedSide> sides = [];
        Dictionary<Side, string> masters = [];
        foreach (var build in rig.Gatehouses)
        {
            var estate = await MakeEstate(rig, build, cancellation);
            var server = await servers.StartGatehouseAsync(build, Servers.Settings(estate.DataFolder), cancellation);
            sides.Add(new LoadedSide(build.Side, server, RequestsOf(estate)));
            masters[build.Side] = estate.Masters;
        }

        var product = sides[0];
        var body = rig.NewPath("body");
        using (var client = new Client(product.Address))
            await File.WriteAllBytesAsync(body, await client.GetAsync(product.Requests, cancellation), cancellation);
        var peer = await servers.StartPeerAsync([body], cancellation);
        if (product.Requests.Path == Rig.ViewPath)
            await SameAnswer.RequireAsync(product.Address, peer.Address, File.ReadLines(product.Requests.Credentials).First(), cancellation);
        sides.Insert(1, new LoadedSide(Side.Peer, peer, product.Requests));
        masters[Side.Peer] = masters[Side.Product];

        var writer = HasWriter ? TokenWriter.Of(side => masters[side.Side]) : null;
        return (await LoadRuns.MeasureAsync(rig, sides, cancellation, writer)).Lines(What, Targets);
    }
}
