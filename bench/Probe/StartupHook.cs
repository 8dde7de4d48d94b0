using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime;
using System.Text;

/// <summary>
/// Runs in every measured process of .NET (<c>DOTNET_STARTUP_HOOKS</c>), and answers on a Unix socket how much the process has
/// allocated, how many methods it has compiled, and how much its store has committed. It works only when it is asked, and once for
/// each transaction of the store.
/// </summary>
[SuppressMessage("Design", "CA1050", Justification = "The runtime looks for a StartupHook without a namespace.")]
internal static class StartupHook
{
    private const string Source = "Gatehouse";
    private const string SpanOfCommit = "store commit";

    private static readonly ConcurrentDictionary<string, long> Tables = new();
    private static readonly ConcurrentQueue<string> Runs = new();
    private static MeterListener? meters;
    private static ActivityListener? activities;
    private static long commits;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("BENCH_PROBE") is not { Length: > 0 } path) return;
        var isDetailed = Environment.GetEnvironmentVariable("BENCH_PROBE_DETAILS") == "1";
        meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                var isWanted = instrument.Name == "gatehouse.store.group_size" || (isDetailed && instrument.Name == "gatehouse.call.duration");
                if (instrument.Meter.Name == Source && isWanted) listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<int>((_, size, _, _) => Interlocked.Add(ref commits, size));
        meters.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Runs.Enqueue(
            string.Create(CultureInfo.InvariantCulture, $"run {Tag(tags, "operation")} {Tag(tags, "outcome")} {seconds:R}")));
        meters.Start();
        if (isDetailed) CountTables();
        new Thread(() => Answer(path)) { IsBackground = true, Name = "bench probe" }.Start();
    }

    // Only spans name the table of a commit.
    private static void CountTables()
    {
        activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.OperationName == SpanOfCommit && span.GetTagItem("gatehouse.table") is string table)
                    Tables.AddOrUpdate(table, 1, (_, count) => count + 1);
            },
        };
        ActivitySource.AddActivityListener(activities);
    }

    private static void Answer(string path)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        while (true)
        {
            using var caller = listener.Accept();
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"allocated {GC.GetTotalAllocatedBytes()}\n");
            text.Append(CultureInfo.InvariantCulture, $"compiled {JitInfo.GetCompiledMethodCount()}\ncommits {Interlocked.Read(ref commits)}\n");
            foreach (var (table, count) in Tables) text.Append(CultureInfo.InvariantCulture, $"table {table} {count}\n");
            foreach (var run in Runs) text.Append(run).Append('\n');
            caller.Send(Encoding.UTF8.GetBytes(text.ToString()));
        }
    }

    private static object? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
            if (tag.Key == name) return tag.Value;
        return null;
    }
}
