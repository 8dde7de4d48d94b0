using System.Globalization;
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
        var estate = await rig.MakeEstateAsync(Applications, TokensEach, cancellation);
        await using var product = await rig.StartProductAsync(estate.DataFolder, estate.FirstToken, cancellation);
        await using var peer = await rig.StartPeerAsync(estate.Body, cancellation);
        var (productFew, productMany) = await GrowAsync(product);
        var (peerFew, peerMany) = await GrowAsync(peer);
        var (productGrowth, peerGrowth) = (productMany - productFew, peerMany - peerFew);
        return
        [
            new("memory after 10,000 requests, MiB", Text(productFew), Text(peerFew), Ratio(productFew, peerFew)),
            new("memory after 1,000,000 requests, MiB", Text(productMany), Text(peerMany), Ratio(productMany, peerMany)),
            new("growth between the two, MiB", Text(productGrowth), Text(peerGrowth), "", $"<= {Most:F0}", productGrowth <= Most),
        ];

        async Task<(double Few, double Many)> GrowAsync(ServerProcess server)
        {
            await AskAsync(server.Address, await File.ReadAllLinesAsync(estate.Tokens, cancellation), cancellation);
            var few = server.ResidentMemory;
            long requests = Few;
            while (requests < Many)
                requests += (await Wrk.RunAsync(server.Address, estate.Tokens, rig.Options.Seconds, cancellation)).Requests;
            return (few, server.ResidentMemory);
        }
    }

    // wrk has no option for a number of requests.
    private static async Task AskAsync(Uri server, string[] tokens, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = server };
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, Few, options, async (number, cancel) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Rig.ViewPath);
            request.Headers.Add("Api-Token", tokens[number % tokens.Length]);
            using var response = await http.SendAsync(request, cancel);
            response.EnsureSuccessStatusCode();
        });
    }

    private static string Text(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static string Ratio(double one, double other) => (one / other).ToString("F2", CultureInfo.InvariantCulture);
}
