using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using Gatehouse.Bench.Harness;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// Reads a million archived days of one application as CSV over HTTP, and compares it with the range read of the store, a thousand
/// rows at a time. Also measures the server's memory.
/// </summary>
internal sealed class ArchiveCsv : IFigure
{
    private const string Table = "DailyMessageCounts";
    private const int RowsPerCommit = 100;
    private const int AtOnce = 8;
    private const double LeastRate = 0.5;
    private const double MostGrowth = 32;

    public string Name => "archive-csv";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var days = rig.Options.ArchiveDays;
        var application = AppId.Generate();
        var folder = rig.NewFolder("archive");
        // A first start makes the vault that the store belongs to.
        await using (var first = new Servers(rig))
            await first.StartGatehouseAsync(rig.Gatehouses[0], Servers.Settings(folder), cancellation, probed: false);
        await using var store = SqliteTableStore.Open(Path.Combine(folder, "gatehouse.db"));
        await Parallel.ForAsync(
            0, (days + RowsPerCommit - 1) / RowsPerCommit,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (commit, cancel) => await SeedAsync(store, application, commit * RowsPerCommit, days, cancel));

        await using var servers = new Servers(rig);
        var product = await servers.StartGatehouseAsync(rig.Gatehouses[0], Servers.Settings(folder), cancellation, probed: false);
        using var http = new HttpClient { BaseAddress = product.Address };
        http.DefaultRequestHeaders.Add(Rig.OpsHeader, Rig.OpsKey);
        var tenth = DateOnly.MinValue.AddDays(days / 10 - 1);
        for (var times = 0; times < 10; times++) await ReadCsvAsync(http, application, tenth, cancellation);
        var early = product.Meter.ResidentMemory;
        var samples = new Samples();
        for (var repetition = 0; repetition < rig.Options.Repetitions; repetition++)
        {
            samples.Add(Side.Product, await RateAsync(days, () => ReadCsvAsync(http, application, DateOnly.MaxValue, cancellation)));
            samples.Add(Side.Peer, await RateAsync(days, () => ReadRowsAsync(store, application, cancellation)));
        }
        var late = product.Meter.ResidentMemory;
        return
        [
            samples.Line(
                $"{days:N0} archived days as CSV, rows/s; peer: the store's range read", "N0", Target.AtLeast(LeastRate)),
            new($"the server's memory after that, {rig.Options.Repetitions} times, MiB; peer: after a tenth of it ten times")
            {
                Product = Text(late), Peer = Text(early), Ratio = Text(late - early), Target = $"<= {MostGrowth:F0} more",
                IsMet = late - early <= MostGrowth,
            },
        ];
    }

    private static async Task SeedAsync(
        SqliteTableStore store, AppId application, int first, int days, CancellationToken cancellation)
    {
        var rows = Enumerable.Range(first, Math.Min(RowsPerCommit, days - first)).Select(day => RowChange.Put(new TableRow(
            DateOnly.MinValue.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ("Count", day * 7L),
            ("Source", "hosted"), ("Final", true), ("ArchivedAt", DateTimeOffset.UtcNow))));
        (await store.CommitAsync(Table, application.ToString(), [.. rows], cancellation)).OrThrow();
    }

    private static async Task<double> RateAsync(int days, Func<Task<int>> read)
    {
        var began = Stopwatch.GetTimestamp();
        var rows = await read();
        if (rows != days) throw new BenchException($"{rows} of {days} days were read.");
        return rows / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<int> ReadCsvAsync(
        HttpClient http, AppId application, DateOnly to, CancellationToken cancellation)
    {
        var path = string.Create(
            CultureInfo.InvariantCulture, $"/ops/v1/applications/{application}/daily_counts?from=0001-01-01&to={to:yyyy-MM-dd}&format=csv");
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        // The header is not a day.
        var lines = -1;
        while (await body.ReadAsync(buffer, cancellation) is > 0 and var read) lines += buffer.AsSpan(0, read).Count((byte)'\n');
        ArrayPool<byte>.Shared.Return(buffer);
        return lines;
    }

    private static async Task<int> ReadRowsAsync(SqliteTableStore store, AppId application, CancellationToken cancellation)
    {
        var (range, rows) = (RowRange.All, 0);
        while (await store.ReadAsync(Table, application.ToString(), range, TableLimits.RowsPerRead, cancellation) is { Count: > 0 } page)
        {
            rows += page.Count;
            range = range.StartingAfter(page[^1].Key);
        }
        return rows;
    }

    private static string Text(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
