using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Bench.Harness;
using Gatehouse.Storage.Sqlite;
using Gatehouse.Usage;
using Microsoft.Data.Sqlite;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// Messages counted per second, durable before the answer, without HTTP. With one message in a request, the peer is the same code
/// with one request at a time, so no requests share a transaction. With 500, the peer is raw inserts of as many mark rows.
/// </summary>
internal sealed class UsageRate : IFigure
{
    private const int Connections = 64;
    private const int BatchSize = 500;
    private const int Batchers = 8;
    private const double LeastShared = 5;
    private const double LeastBatched = 0.3;

    public string Name => "usage";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var (single, batched) = (new Samples(), new Samples());
        for (var repetition = 0; repetition < rig.Options.Repetitions; repetition++)
        {
            single.Add(await CountAsync(rig, Connections, 1, cancellation), await CountAsync(rig, 1, 1, cancellation));
            batched.Add(await CountAsync(rig, Batchers, BatchSize, cancellation), Insert(rig));
        }
        return
        [
            single.Line(
                $"messages/s, one to a request, {Connections} at once; peer: one transaction each", "N0",
                $">= {LeastShared:F1}", ratio => ratio >= LeastShared),
            batched.Line(
                $"messages/s, {BatchSize} to a request; peer: raw mark rows, {BatchSize} to a transaction", "N0",
                $">= {LeastBatched:F1}", ratio => ratio >= LeastBatched),
        ];
    }

    private static async Task<double> CountAsync(Rig rig, int callers, int size, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(rig.NewPath("usage")).FullName;
        await using var store = SqliteTableStore.Open(Path.Combine(folder, "usage.db"));
        var limits = new UsageLimits(store, TimeProvider.System);
        var recorder = new UsageRecorder(store, limits, TimeProvider.System);
        var application = AppId.Generate();
        await limits.SetAsync(application, MessageLimits.None, cancellation);
        var length = TimeSpan.FromSeconds(rig.Options.Seconds);
        var requests = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(
            async () =>
            {
                while (watch.Elapsed < length)
                {
                    var body = Body(Interlocked.Increment(ref requests), size);
                    var receipt = await recorder.RecordAsync(application, UsageEventReader.Read(body, DateTimeOffset.UtcNow), cancellation);
                    if (receipt.Accepted != size) throw new BenchException($"{receipt.Accepted} of {size} messages were counted.");
                }
            },
            cancellation)));
        return requests * (double)size / watch.Elapsed.TotalSeconds;
    }

    // Only the same hashes in the same keys.
    private static double Insert(Rig rig)
    {
        var folder = Directory.CreateDirectory(rig.NewPath("raw")).FullName;
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "raw.db")};Pooling=False");
        connection.Open();
        using var setup = connection.CreateCommand();
        setup.CommandText =
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
            CREATE TABLE marks (partition TEXT NOT NULL, row TEXT NOT NULL, at INTEGER NOT NULL,
              PRIMARY KEY (partition, row)) WITHOUT ROWID, STRICT;
            """;
        setup.ExecuteNonQuery();
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO marks VALUES ($partition, $row, $at)";
        var partition = insert.Parameters.Add("$partition", SqliteType.Text);
        var row = insert.Parameters.Add("$row", SqliteType.Text);
        insert.Parameters.AddWithValue("$at", DateTime.UtcNow.Ticks);
        insert.Prepare();
        var application = AppId.Generate();
        var hash = new byte[SHA256.HashSizeInBytes];
        var length = TimeSpan.FromSeconds(rig.Options.Seconds);
        var inserted = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < length)
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            for (var index = 0; index < BatchSize; index++)
            {
                SHA256.HashData(Encoding.ASCII.GetBytes($"m{inserted++}"), hash);
                partition.Value = $"{application}:{hash[0] >> 4:X}";
                row.Value = $"m:{Base64Url.EncodeToString(hash.AsSpan(0, 16))}";
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
        }
        return inserted / watch.Elapsed.TotalSeconds;
    }

    private static byte[] Body(int request, int size)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var text = new StringBuilder("{\"events\":[");
        for (var index = 0; index < size; index++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $$"""{{(index == 0 ? "" : ",")}}{"type":"message","message_id":"m{{request}}-{{index}}","user_id":"user{{(request * 31L + index) % 100_000}}","channel_url":"channel{{index % 1000}}","sent_at":{{now}}}""");
        }
        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }
}
