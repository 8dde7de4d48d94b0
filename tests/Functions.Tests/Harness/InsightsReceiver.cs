using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>
/// A double of Application Insights' ingestion: it takes what the official exporter sends to <c>/v2.1/track</c>, a JSON object a line,
/// and answers that all was accepted. It does not show sampling, limits or delays of the real one, nor its sign-in.
/// </summary>
internal sealed class InsightsReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<byte[]> sent = new();
    private LoopbackServer server = null!;

    /// <summary>The setting <c>AzureMonitor__ConnectionString</c>.</summary>
    public string ConnectionString =>
        $"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={server.Address}/;LiveEndpoint={server.Address}/";

    /// <summary>Everything that was sent.</summary>
    public IEnumerable<byte[]> Bodies => sent;

    /// <summary>The names of the requests so far, each as often as it was sent.</summary>
    public IReadOnlyList<string> Requests => [.. Data("RequestData").Select(data => data.GetProperty("name").GetString()!)];

    /// <summary>The addresses in the requests so far.</summary>
    public IReadOnlyList<string?> RequestUrls => [.. Data("RequestData")
        .Where(data => data.TryGetProperty("url", out _)).Select(data => data.GetProperty("url").GetString())];

    /// <summary>The names of the measures so far.</summary>
    public IReadOnlyList<string> Measures => [.. Data("MetricData").SelectMany(data => data.GetProperty("metrics").EnumerateArray())
        .Select(metric => metric.GetProperty("name").GetString()!).Distinct()];

    /// <summary>How many dependencies were sent so far.</summary>
    public int Dependencies => Data("RemoteDependencyData").Count();

    /// <summary>What one of Application Insights' standard measures has counted so far, such as <c>requests/duration</c>.</summary>
    public int Counted(string standardMeasure) =>
        (from data in Data("MetricData")
         where data.TryGetProperty("properties", out var properties)
             && properties.TryGetProperty("_MS.MetricId", out var id) && id.GetString() == standardMeasure
         from metric in data.GetProperty("metrics").EnumerateArray()
         select metric.GetProperty("count").GetInt32()).Sum();

    /// <summary>The texts of the log entries so far.</summary>
    public IReadOnlyList<string> Logs => [.. Data("MessageData").Select(data => data.GetProperty("message").GetString()!)];

    /// <summary>Starts one on a free port.</summary>
    public static async Task<InsightsReceiver> StartAsync()
    {
        var receiver = new InsightsReceiver();
        receiver.server = await LoopbackServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await using var plain = context.Request.Headers.ContentEncoding == "gzip"
                ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
            await plain.CopyToAsync(body);
            receiver.sent.Enqueue(body.ToArray());
            var lines = Lines(body.ToArray()).Length;
            context.Response.ContentType = "application/json";
            var answer = $$"""{"itemsReceived":{{lines}},"itemsAccepted":{{lines}},"errors":[]}""";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer));
        });
        return receiver;
    }

    /// <summary>Waits for a request with this name.</summary>
    public Task HasRequestAsync(string name) => Waiting.UntilAsync(() => Requests.Contains(name));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private IEnumerable<JsonElement> Data(string type) =>
        from body in sent
        from line in Lines(body)
        let data = JsonElement.Parse(line).GetProperty("data")
        where data.GetProperty("baseType").GetString() == type
        select data.GetProperty("baseData");

    private static string[] Lines(byte[] body) => Encoding.UTF8.GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
