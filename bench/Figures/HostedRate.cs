using System.Globalization;
using Gatehouse.Bench.Harness;
using Gatehouse.Custody;
using Gatehouse.Platform;
using Gatehouse.Secrets.Local;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// The facade with a hosted platform. The measured call lists an application's tokens, with one request to the platform. It
/// includes the caller's key, the application's record, the time limits, and parsing and writing the answer. The peer is a bare
/// server that passes the request on unchanged. nginx as a reverse proxy is measured too. The platform is a bare server.
/// </summary>
internal sealed class HostedRate : IFigure
{
    private const double LeastRate = 0.7;
    private const int WarmUpSeconds = 5;
    private const string Key = "the key of the local caller";
    private const string KeyHeader = "X-Gatehouse-Key";
    private const string UpstreamPath = "/v3/applications/api_tokens";

    public string Name => "hosted";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var (id, master) = (AppId.Generate(), ApiToken.Generate());
        var (dataFolder, body, keys, tokens) = (rig.NewPath("data"), rig.NewPath("body"), rig.NewPath("keys"), rig.NewPath("tokens"));
        await File.WriteAllTextAsync(body, Answer(id, master), cancellation);
        await File.WriteAllTextAsync(keys, Key, cancellation);
        await File.WriteAllTextAsync(tokens, master.Reveal(), cancellation);
        await PutIntoVaultAsync(dataFolder, id, master, cancellation);

        await using var upstream = await rig.StartPeerAsync(body, cancellation);
        await using var product = await rig.StartHostedAsync(dataFolder, upstream.Address, Key, cancellation);
        await using var passing = await rig.StartPassThroughAsync(upstream.Address, cancellation);
        await using var nginx = Tool.IsThere("nginx") ? await rig.StartNginxAsync(upstream.Address, cancellation) : null;
        await RegisterAsync(product.Address, id, cancellation);

        var path = $"/ops/v1/applications/{id}/tokens";
        await Wrk.RunAsync(product.Address, keys, WarmUpSeconds, cancellation, path, KeyHeader);
        await Wrk.RunAsync(passing.Address, tokens, WarmUpSeconds, cancellation, UpstreamPath);
        Samples rate = new(), latency = new(), processor = new(), ofNginx = new();
        for (var repetition = 0; repetition < rig.Options.Repetitions; repetition++)
        {
            var (ours, ourCost) = await RunAsync(product, keys, path, KeyHeader);
            var (theirs, theirCost) = await RunAsync(passing, tokens, UpstreamPath, "Api-Token");
            rate.Add(ours.PerSecond, theirs.PerSecond);
            latency.Add(ours.P99, theirs.P99);
            processor.Add(ourCost, theirCost);
            if (nginx is not null) ofNginx.Add((await RunAsync(nginx, tokens, UpstreamPath, "Api-Token")).Load.PerSecond, theirs.PerSecond);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {ours.PerSecond:F0} : {theirs.PerSecond:F0} requests/s"));
        }

        const string What = "facade with a hosted platform, GET .../tokens; peer: bare pass-through";
        List<ReportLine> lines =
        [
            rate.Line($"{What}: requests/s", "F0", $">= {LeastRate:F1}", ratio => ratio >= LeastRate),
            latency.Line("the same: p99, ms", "F2"),
            processor.Line("the same: the server's processor time a request, µs", "F1"),
        ];
        if (nginx is not null) lines.Add(ofNginx.Line("nginx in Gatehouse's place, to the same peer: requests/s", "F0"));
        return lines;

        async Task<(Load Load, double Cost)> RunAsync(ServerProcess server, string credentials, string asked, string header)
        {
            var before = server.ProcessorTime;
            var load = await Wrk.RunAsync(server.Address, credentials, rig.Options.Seconds, cancellation, asked, header);
            return (load, (server.ProcessorTime - before).TotalMicroseconds / load.Requests);
        }
    }

    // One body answers both requests of the facade: the application and its tokens. Three tokens are a usual number.
    private static string Answer(AppId id, ApiToken master)
    {
        var tokens = Enumerable.Range(0, 3).Select(number => string.Create(
            CultureInfo.InvariantCulture, $$"""{"token":"{{ApiToken.Generate().Reveal()}}","created_at":{{1_700_000_000_000 + number}}}"""));
        return $$"""{"icon_url":"","api_token":"{{master.Reveal()}}","app_id":"{{id}}","name":"Harbour","api_tokens":[{{string.Join(',', tokens)}}]}""";
    }

    // As an operator would.
    private static async Task PutIntoVaultAsync(string dataFolder, AppId id, ApiToken master, CancellationToken cancellation)
    {
        Directory.CreateDirectory(dataFolder);
        await using var vault = LocalVault.Open(Path.Combine(dataFolder, "vault.db"), Path.Combine(dataFolder, "vault.key"));
        await vault.SetAsync(MasterTokens.SecretName(id), master.Reveal(), cancellation);
    }

    private static async Task RegisterAsync(Uri product, AppId id, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = product };
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/ops/v1/applications/{id}");
        request.Headers.Add(KeyHeader, Key);
        using var response = await http.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
            throw new BenchException($"The application is not taken: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellation)}");
    }
}
