using System.Globalization;
using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// Requests per second and their latency. A request views an application with a secondary token, through the whole stack on SQLite.
/// The peer answers the same bytes.
/// </summary>
/// <param name="name">The figure's name.</param>
/// <param name="what">Its name in the table.</param>
/// <param name="applications">The number of applications that the requests are spread over.</param>
/// <param name="tokens">The number of secondary tokens of each application.</param>
internal sealed class RequestRate(string name, string what, int applications, int tokens) : IFigure
{
    private const double LeastRate = 0.6;
    private const double MostP99 = 2;
    private const int WarmUpSeconds = 5;

    public string Name => name;

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var estate = await rig.MakeEstateAsync(applications, tokens, cancellation);
        await using var product = await rig.StartProductAsync(estate.DataFolder, estate.FirstToken, cancellation);
        await using var peer = await rig.StartPeerAsync(estate.Body, cancellation);
        await SameAnswer.RequireAsync(product.Address, peer.Address, estate.FirstToken, cancellation);

        await Wrk.RunAsync(product.Address, estate.Tokens, WarmUpSeconds, cancellation);
        await Wrk.RunAsync(peer.Address, estate.Tokens, WarmUpSeconds, cancellation);
        Samples rate = new(), latency = new(), processor = new();
        for (var repetition = 0; repetition < rig.Options.Repetitions; repetition++)
        {
            var (ofProduct, productCost) = await RunAsync(product);
            var (ofPeer, peerCost) = await RunAsync(peer);
            rate.Add(ofProduct.PerSecond, ofPeer.PerSecond);
            latency.Add(ofProduct.P99, ofPeer.P99);
            processor.Add(productCost, peerCost);
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {ofProduct.PerSecond:F0} : {ofPeer.PerSecond:F0} requests/s"));
        }

        return
        [
            rate.Line($"{what}: requests/s", "F0", $">= {LeastRate:F1}", ratio => ratio >= LeastRate),
            latency.Line($"{what}: p99, ms", "F2", $"<= {MostP99:F1}", ratio => ratio <= MostP99),
            processor.Line($"{what}: the server's processor time a request, µs", "F1"),
        ];

        async Task<(Load Load, double Cost)> RunAsync(ServerProcess server)
        {
            var before = server.ProcessorTime;
            var load = await Wrk.RunAsync(server.Address, estate.Tokens, rig.Options.Seconds, cancellation);
            return (load, (server.ProcessorTime - before).TotalMicroseconds / load.Requests);
        }
    }
}
