using System.Globalization;
using Gatehouse.Bench.Harness;
using Gatehouse.Platform;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// The facade with a hosted platform. The measured call lists an application's tokens, with one request to the platform. It
/// includes the caller's key, the application's record, the time limits, and parsing and writing the answer. The peer is a bare
/// server that passes the request on unchanged. nginx as a reverse proxy is measured too. The platform is a bare server.
/// </summary>
internal sealed class HostedRate : IFigure
{
    public string Name => "hosted";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var (id, master) = (AppId.Generate(), ApiToken.Generate());
        var body = await rig.NewFileAsync("body", [Answer(id, master)], cancellation);
        var key = await rig.NewFileAsync("key", [Rig.OpsKey], cancellation);
        var passed = new Requests(await rig.NewFileAsync("token", [master.Reveal()], cancellation)) { Path = "/v3/applications/api_tokens" };

        await using var servers = new Servers(rig);
        var upstream = await servers.StartPeerAsync([body], cancellation, probed: false);
        List<LoadedSide> sides = [];
        foreach (var build in rig.Gatehouses)
        {
            var dataFolder = rig.NewPath("data");
            await Vault.SetAsync(build, dataFolder, $"master-token-{id}", master.Reveal(), cancellation);
            var server = await servers.StartGatehouseAsync(build, Servers.HostedSettings(dataFolder, upstream.Address), cancellation);
            using var client = new Client(server.Address);
            await client.FacadeAsync(HttpMethod.Put, $"/ops/v1/applications/{id}", null, cancellation);
            sides.Add(new LoadedSide(
                build.Side, server, new Requests(key) { Path = $"/ops/v1/applications/{id}/tokens", Header = Rig.OpsHeader }));
        }
        sides.Insert(1, new LoadedSide(
            Side.Peer, await servers.StartPeerAsync(["pass", upstream.Address.GetLeftPart(UriPartial.Authority)], cancellation), passed));

        var runs = await LoadRuns.MeasureAsync(rig, sides, cancellation);
        var lines = runs.Lines("facade with a hosted platform, GET .../tokens; peer: bare pass-through", new LoadTargets { Rate = 0.85 });
        if (!Tool.IsThere("nginx")) return lines;
        var nginx = new LoadedSide(Side.Product, await servers.StartNginxAsync(upstream.Address, cancellation), passed);
        var ofNginx = await LoadRuns.MeasureAsync(rig, [nginx, sides[1]], cancellation);
        return [.. lines, ofNginx.Lines("nginx in Gatehouse's place, to the same peer", new LoadTargets())[0]];
    }

    // One body answers both requests of the facade: the application and its tokens. Three tokens are a usual number.
    private static string Answer(AppId id, ApiToken master)
    {
        var tokens = Enumerable.Range(0, 3).Select(number => string.Create(
            CultureInfo.InvariantCulture, $$"""{"token":"{{ApiToken.Generate().Reveal()}}","created_at":{{1_700_000_000_000 + number}}}"""));
        return $$"""{"icon_url":"","api_token":"{{master.Reveal()}}","app_id":"{{id}}","name":"Harbour","api_tokens":[{{string.Join(',', tokens)}}]}""";
    }
}
