using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// How often an operation of the facade commits to the table store, with and without an <c>Idempotency-Key</c>, with the embedded and
/// with a hosted platform. The vault's commits are not counted, nor the embedded platform's own. The hosted platform is another
/// Gatehouse. There is no peer.
/// </summary>
internal sealed class FacadeCommits : IFigure
{
    private const int Times = 3;
    private const double MostOfKey = 1;
    private const string WithKey = ", more with Idempotency-Key";

    // The commits are read from the spans, which the product makes only if they are sent somewhere: here to a port that refuses.
    private const string Nowhere = "http://127.0.0.1:9/v1/traces";

    private static readonly string[] TablesOfPlatform = ["Applications", "ApiTokens"];
    private static readonly Dictionary<string, double> Most = new()
    {
        ["create"] = 2,
        ["issue"] = 3,
        ["issue into the vault"] = 3,
        ["rotate"] = 4,
        ["rotate in the vault"] = 4,
        ["revoke"] = 3,
    };

    public string Name => "commits";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        List<ReportLine> lines = [];
        foreach (var isHosted in (bool[])[false, true])
        {
            var samples = Most.Keys.ToDictionary(name => name, _ => (Plain: new Samples(), Key: new Samples()));
            foreach (var build in rig.Gatehouses)
            {
                await using var servers = new Servers(rig);
                var server = await StartAsync(rig, servers, build, isHosted, cancellation);
                for (var time = 0; time < Times; time++)
                {
                    var plain = await CountAsync(server, hasKey: false, cancellation);
                    var keyed = await CountAsync(server, hasKey: true, cancellation);
                    foreach (var (name, (without, more)) in samples)
                    {
                        without.Add(build.Side, plain[name]);
                        more.Add(build.Side, keyed[name] - plain[name]);
                    }
                }
            }
            foreach (var (name, (plain, key)) in samples)
            {
                var what = $"commits of the facade, {(isHosted ? "hosted" : "embedded")} platform: {name}";
                lines.Add(plain.Line(what, "F0", Target.ValueAtMost(Most[name])));
                // A DELETE takes no key, and where a token is delivered to makes no difference.
                if (name is "create" or "issue" or "rotate") lines.Add(key.Line(what + WithKey, "F0", Target.ValueAtMost(MostOfKey)));
            }
        }
        return lines;
    }

    private static async Task<ServerProcess> StartAsync(
        Rig rig, Servers servers, Build build, bool isHosted, CancellationToken cancellation)
    {
        (string, string)[] observed = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", Nowhere), ("BENCH_PROBE_DETAILS", "1")];
        var dataFolder = rig.NewPath("data");
        if (!isHosted) return await servers.StartGatehouseAsync(build, [.. Servers.Settings(dataFolder), .. observed], cancellation);
        var upstream = await servers.StartGatehouseAsync(build, Servers.Settings(rig.NewPath("data")), cancellation, probed: false);
        await Vault.SetAsync(build, dataFolder, "platform-organization-user", Rig.User, cancellation);
        await Vault.SetAsync(build, dataFolder, "platform-organization-password", Rig.Password, cancellation);
        return await servers.StartGatehouseAsync(
            build,
            [
                .. Servers.HostedSettings(dataFolder, upstream.Address), .. observed, ("Platform__OrganizationDialect", "Basic"),
                ("Platform__OrganizationUrl", new Uri(upstream.Address, "/v3").ToString()),
            ],
            cancellation);
    }

    // Creates an application, and issues, rotates and revokes tokens of it. A rotated token is revoked at once.
    private static async Task<Dictionary<string, double>> CountAsync(ServerProcess server, bool hasKey, CancellationToken cancellation)
    {
        using var client = new Client(server.Address);
        var counts = new Dictionary<string, double>();
        var created = await CountedAsync("create", HttpMethod.Post, "/ops/v1/applications", """{"name":"Harbour"}""");
        var tokens = $"/ops/v1/applications/{Client.Member(created, "app_id")}/tokens";
        var issued = await CountedAsync("issue", HttpMethod.Post, tokens, """{"label":"worker","deliver":"response"}""");
        var rotated = await CountedAsync("rotate", HttpMethod.Post, $"{tokens}/{Client.Member(issued, "token_id")}/rotate", null);
        await CountedAsync("revoke", HttpMethod.Delete, $"{tokens}/{Client.Member(rotated, "token_id")}", null);
        var kept = await CountedAsync("issue into the vault", HttpMethod.Post, tokens, """{"label":"kept","deliver":"vault"}""");
        await CountedAsync("rotate in the vault", HttpMethod.Post, $"{tokens}/{Client.Member(kept, "token_id")}/rotate", null);
        return counts;

        async Task<byte[]> CountedAsync(string name, HttpMethod method, string path, string? json)
        {
            var before = await CommitsAsync();
            var answer = await client.FacadeAsync(method, path, json, cancellation, hasKey ? Guid.NewGuid().ToString() : null);
            counts[name] = await CommitsAsync() - before;
            return answer;
        }

        async Task<long> CommitsAsync() => (await server.Meter.ReadProbeAsync(cancellation))!.Tables
            .Where(table => !TablesOfPlatform.Contains(table.Key)).Sum(table => table.Value);
    }
}
