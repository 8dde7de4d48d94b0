using System.Diagnostics;
using System.Globalization;
using System.Text;
using Gatehouse.Bench.Harness;
using Gatehouse.Storage.Sqlite;
using Gatehouse.Usage;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// A year of messages, day by day, from 1 million users in 100,000 channels: the memory of counting at the beginning and at the
/// end, and the time of <c>daily_count</c> over the year, compared with years with fewer messages.
/// </summary>
internal sealed class UsageYear : IFigure
{
    private const int Days = 366;
    private const int BatchSize = 500;
    private const int Batchers = 8;
    private const int Users = 1_000_000;
    private const int Channels = 100_000;
    private const int Reads = 200;
    private const double MostGrowth = 64;
    private const double Noise = 1.5;

    public string Name => "usage-year";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(rig.NewPath("year")).FullName;
        await using var store = SqliteTableStore.Open(Path.Combine(folder, "usage.db"));
        var limits = new UsageLimits(store, TimeProvider.System);
        var recorder = new UsageRecorder(store, limits, new DayClock());
        var statistics = new UsageStatistics(store, TimeProvider.System);
        var (sparse, dense, large) = (AppId.Generate(), AppId.Generate(), AppId.Generate());
        foreach (var application in (AppId[])[sparse, dense, large])
            await limits.SetAsync(application, MessageLimits.None, cancellation);
        var last = DateOnly.FromDateTime(DateTime.UtcNow);

        await CountAsync(recorder, sparse, last, messages: 1_000, batch: 1, cancellation);
        await CountAsync(recorder, dense, last, messages: 100_000, batch: 100, cancellation);
        var watch = Stopwatch.StartNew();
        var tenth = rig.Options.YearMessages / 10;
        await CountAsync(recorder, large, last, tenth, BatchSize, cancellation);
        var early = Resident();
        await CountAsync(recorder, large, last, rig.Options.YearMessages - tenth, BatchSize, cancellation, first: tenth);
        var late = Resident();
        var rate = rig.Options.YearMessages / watch.Elapsed.TotalSeconds;

        var (bySparse, byDense) = (new Samples(), new Samples());
        for (var read = 0; read < Reads; read++)
        {
            var time = await ReadAsync(statistics, large, last, cancellation);
            bySparse.Add(Side.Product, time);
            bySparse.Add(Side.Peer, await ReadAsync(statistics, sparse, last, cancellation));
            byDense.Add(Side.Product, time);
            byDense.Add(Side.Peer, await ReadAsync(statistics, dense, last, cancellation));
        }
        var peak = Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;
        return
        [
            new($"memory after {rig.Options.YearMessages:N0} messages, MiB (peak {Text(peak)}, {rate:N0} messages/s); peer: after the first tenth")
            {
                Product = Text(late), Peer = Text(early), Ratio = Text(late - early), Target = $"<= {MostGrowth:F0} more",
                IsMet = late - early <= MostGrowth,
            },
            byDense.Line(
                $"daily_count over {Days} days, ms, {rig.Options.YearMessages:N0} messages; peer: 100,000", "F1",
                new Target("1, within noise", Side.Peer, samples => samples.Ratio(Side.Peer) < Noise)),
            bySparse.Line("the same; peer: 1,000, which leaves most shards of most days without a row", "F1"),
        ];
    }

    private static async Task CountAsync(
        UsageRecorder recorder, AppId application, DateOnly last, int messages, int batch, CancellationToken cancellation,
        int first = 0)
    {
        var next = first - batch;
        await Task.WhenAll(Enumerable.Range(0, Batchers).Select(_ => Task.Run(
            async () =>
            {
                while (Interlocked.Add(ref next, batch) is var at && at < first + messages)
                {
                    var day = last.AddDays((int)((long)(at - first) * Days / messages) - Days + 1);
                    DayClock.Day = day;
                    var body = Body(at, batch, day);
                    await recorder.RecordAsync(application, UsageEventReader.Read(body, DateTimeOffset.UtcNow), cancellation);
                }
            },
            cancellation)));
    }

    private static byte[] Body(int first, int size, DateOnly day)
    {
        var random = new Random(first);
        var midnight = new DateTimeOffset(day, default, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var text = new StringBuilder("{\"events\":[");
        for (var index = 0; index < size; index++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""{{(index == 0 ? "" : ",")}}{"type":"message","message_id":"m{{first + index}}","user_id":"user{{random.Next(Users)}}","channel_url":"channel{{random.Next(Channels)}}","sent_at":{{midnight}}}""");
        }
        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }

    private static async Task<double> ReadAsync(
        UsageStatistics statistics, AppId application, DateOnly last, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        await statistics.DailyCountsAsync(application, last.AddDays(1 - Days), last, cancellation);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>A clock of each task: messages of a past day are not counted, so each is recorded on its own day.</summary>
    private sealed class DayClock : TimeProvider
    {
        private static readonly AsyncLocal<DateOnly?> Own = new();

        public static DateOnly Day
        {
            set => Own.Value = value;
        }

        public override DateTimeOffset GetUtcNow() =>
            Own.Value is { } day ? new DateTimeOffset(day, new TimeOnly(12, 0), TimeSpan.Zero) : System.GetUtcNow();
    }

    private static double Resident()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1048576.0;
    }

    private static string Text(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
