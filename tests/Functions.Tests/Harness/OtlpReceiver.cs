using System.Collections.Concurrent;
using System.Text;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>A collector of OTLP over HTTP (opentelemetry.io/docs/specs/otlp) that stores what it receives.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Path, byte[] Body)> sent = new();
    private LoopbackServer server = null!;

    public string Address => server.Address;

    /// <summary>Everything that was sent, of any kind, as bytes.</summary>
    public IEnumerable<byte[]> Bodies => sent.Select(one => one.Body);

    /// <summary>The spans so far.</summary>
    public IReadOnlyList<SentSpan> Spans => [.. Of("/v1/traces").Select(SentSpan.Read)];

    /// <summary>The names of the measures so far.</summary>
    public IReadOnlyList<string> Measures => [.. Of("/v1/metrics").Select(metric => metric.Text(1)).Distinct()];

    /// <summary>The texts of the log entries so far.</summary>
    public IReadOnlyList<string> Logs => [.. Of("/v1/logs").SelectMany(line => line.Messages(5)).Select(body => body.Text(1))];

    /// <summary>Starts one on a free port.</summary>
    /// <param name="hangs">Whether it accepts requests and never answers.</param>
    public static async Task<OtlpReceiver> StartAsync(bool hangs = false)
    {
        var receiver = new OtlpReceiver();
        receiver.server = await LoopbackServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            receiver.sent.Enqueue((context.Request.Path, body.ToArray()));
            if (hangs) await Waiting.UntilGoneAsync(context);
        });
        return receiver;
    }

    /// <summary>Waits for a span, and for metrics after it.</summary>
    public async Task HasAsync(Predicate<SentSpan> wanted)
    {
        await Waiting.UntilAsync(() => Spans.Any(span => wanted(span)));
        var metrics = sent.Count(one => one.Path == "/v1/metrics");
        await Waiting.UntilAsync(() => sent.Count(one => one.Path == "/v1/metrics") >= metrics + 2);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    // An export request holds resources, which hold scopes, which hold spans, metrics or log records: fields 1, 2 and 2.
    private IEnumerable<ProtobufMessage> Of(string path) =>
        from one in sent
        where one.Path == path
        from resource in new ProtobufMessage(one.Body).Messages(1)
        from scope in resource.Messages(2)
        from item in scope.Messages(2)
        select item;
}

/// <summary>A received span.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Trace">The trace's id, in hex.</param>
/// <param name="Id">The span's id, in hex.</param>
/// <param name="Parent">The id of its parent; empty for none.</param>
internal sealed record SentSpan(string Name, string Trace, string Id, string Parent)
{
    public static SentSpan Read(ProtobufMessage span) => new(span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4));
}

/// <summary>A message in protobuf's wire format (protobuf.dev/programming-guides/encoding), read by its fields' numbers.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, ReadOnlyMemory<byte> Value)> fields = [];

    public ProtobufMessage(ReadOnlyMemory<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var tag = Number();
            var length = (tag & 7) switch
            {
                0 => VarintLength(),
                1 => 8,
                2 => (int)Number(),
                5 => 4,
                var other => throw new FormatException($"There is no wire type {other}."),
            };
            fields.Add(((int)(tag >> 3), bytes.Slice(at, length)));
            at += length;
        }

        int VarintLength()
        {
            var length = 1;
            while (bytes.Span[at + length - 1] >= 0x80) length++;
            return length;
        }

        ulong Number()
        {
            var value = 0UL;
            for (var shift = 0; ; shift += 7)
            {
                var next = bytes.Span[at++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80) return value;
            }
        }
    }

    public IEnumerable<ProtobufMessage> Messages(int field) => Values(field).Select(value => new ProtobufMessage(value));

    public string Text(int field) => string.Concat(Values(field).Select(value => Encoding.UTF8.GetString(value.Span)));

    public string Hex(int field) => string.Concat(Values(field).Select(value => Convert.ToHexStringLower(value.Span)));

    private IEnumerable<ReadOnlyMemory<byte>> Values(int field) => fields.Where(one => one.Field == field).Select(one => one.Value);
}
