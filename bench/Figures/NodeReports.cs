using System.Diagnostics;
using System.Text;
using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// The time of one request with 1,000 <c>connections</c> events of new nodes, against one with 1,000 messages, and against one with
/// half as many. Each request is about an application of its own, which has no nodes yet.
/// </summary>
internal sealed class NodeReports : IFigure
{
    private const int Many = 1000;
    private const int WarmUps = 3;
    private const int RequestsEach = 4;

    // Twice as many events in twice the time, and some noise.
    private const double Linear = 2.5;

    public string Name => "connections";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        await using var servers = new Servers(rig);
        List<(Side Side, Client Client)> sides = [];
        foreach (var build in rig.Gatehouses)
        {
            var server = await servers.StartGatehouseAsync(build, Servers.Settings(rig.NewPath("data")), cancellation);
            sides.Add((build.Side, new Client(server.Address)));
        }
        try
        {
            Samples byMessages = new(), byHalf = new();
            for (var number = -WarmUps; number < rig.Options.Repetitions * RequestsEach; number++)
            {
                foreach (var (side, client) in sides)
                {
                    var nodes = await TimeAsync(client, NodeEvent, Many);
                    var half = await TimeAsync(client, NodeEvent, Many / 2);
                    var messages = await TimeAsync(client, MessageEvent, Many);
                    if (number < 0) continue;
                    byMessages.Add(side, nodes);
                    byHalf.Add(side, nodes);
                    if (side != Side.Product) continue;
                    byMessages.Add(Side.Peer, messages);
                    byHalf.Add(Side.Peer, half);
                }
            }
            return
            [
                byMessages.Line($"{Many:N0} connections events of new nodes in one request, ms; peer: as many messages", "F1", Target.AtMost(2)),
                byHalf.Line("the same; peer: half as many", "F1", Target.AtMost(Linear)),
            ];
        }
        finally
        {
            foreach (var (_, client) in sides) client.Dispose();
        }

        async Task<double> TimeAsync(Client client, Func<int, string> eventOf, int events)
        {
            var created = await client.FacadeAsync(HttpMethod.Post, "/ops/v1/applications", """{"name":"Harbour"}""", cancellation);
            var body = new StringBuilder("{\"events\":[").AppendJoin(',', Enumerable.Range(0, events).Select(eventOf)).Append("]}").ToString();
            var began = Stopwatch.GetTimestamp();
            await client.FacadeAsync(HttpMethod.Post, $"/ops/v1/applications/{Client.Member(created, "app_id")}/events", body, cancellation);
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
    }

    private static string NodeEvent(int index) => $$"""{"type":"connections","node":"node-{{index}}","count":{{index}}}""";

    private static string MessageEvent(int index) =>
        $$"""{"type":"message","message_id":"m{{index}}","user_id":"user{{index}}","channel_url":"channel{{index}}","sent_at":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}""";
}
