using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Bench.Harness;
using Microsoft.Data.Sqlite;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// Messages counted per second, durable before the answer, without HTTP. With one message in a request, the peer is the same code
/// with one request at a time, so no requests share a transaction. With 500, the peer is raw inserts of as many mark rows. Also what
/// the disk allows: writes that are on it, one at a time.
/// </summary>
internal sealed class UsageRate : IFigure
{
    private const int BatchSize = 500;
    private const int Batchers = 8;
    private const int BlockSize = 4096;

    private static readonly (int AtOnce, double Least)[] Singles = [(64, 5), (256, 15)];

    public string Name => "usage";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var singles = Singles.Select(_ => new Samples()).ToArray();
        Samples batched = new(), disk = new();
        for (var repetition = 0; repetition < rig.Options.Repetitions; repetition++)
        {
            foreach (var build in rig.Gatehouses)
            {
                for (var index = 0; index < Singles.Length; index++) singles[index].Add(build.Side, await CountAsync(build, Singles[index].AtOnce, 1));
                batched.Add(build.Side, await CountAsync(build, Batchers, BatchSize));
            }
            var alone = await CountAsync(rig.Gatehouses[0], 1, 1);
            foreach (var samples in singles) samples.Add(Side.Peer, alone);
            batched.Add(Side.Peer, Insert(rig));
            disk.Add(Side.Peer, Sync(rig));
        }
        return
        [
            .. Singles.Zip(singles, (single, samples) => samples.Line(
                $"messages/s, one to a request, {single.AtOnce} at once; peer: one transaction each", "N0", Target.AtLeast(single.Least))),
            disk.Line("the disk: writes of 4 KiB/s, each followed by fdatasync", "N0"),
            batched.Line($"messages/s, {BatchSize} to a request; peer: raw mark rows, {BatchSize} to a transaction", "N0", Target.AtLeast(0.3)),
        ];

        async Task<double> CountAsync(Build build, int callers, int size)
        {
            var output = await Rig.RunInProcessAsync(
                build, ["messages", rig.NewPath("usage"), $"{callers}", $"{size}", $"{rig.Options.Seconds}"], cancellation);
            return double.Parse(output, CultureInfo.InvariantCulture);
        }
    }

    // Only the same hashes in the same keys.
    private static double Insert(Rig rig)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(rig.NewFolder("raw"), "raw.db")};Pooling=False");
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
        return PerSecond(rig, inserted =>
        {
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            for (var index = 0; index < BatchSize; index++)
            {
                SHA256.HashData(Encoding.ASCII.GetBytes($"m{inserted + index}"), hash);
                partition.Value = $"{application}:{hash[0] >> 4:X}";
                row.Value = $"m:{Base64Url.EncodeToString(hash.AsSpan(0, 16))}";
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
            return BatchSize;
        });
    }

    // In a file that has its size already, as SQLite's log has most of the time.
    private static double Sync(Rig rig)
    {
        var block = new byte[BlockSize];
        using var file = File.OpenHandle(Path.Combine(rig.NewFolder("disk"), "file"), FileMode.CreateNew, FileAccess.ReadWrite);
        const int Blocks = 1000;
        for (var index = 0; index < Blocks; index++) RandomAccess.Write(file, block, index * BlockSize);
        RandomAccess.FlushToDisk(file);
        return PerSecond(rig, written =>
        {
            RandomAccess.Write(file, block, written % Blocks * BlockSize);
            if (FlushData(file.DangerousGetHandle().ToInt32()) != 0) throw new BenchException("fdatasync failed.");
            return 1;
        });
    }

    private static double PerSecond(Rig rig, Func<int, int> work)
    {
        var (length, done) = (TimeSpan.FromSeconds(rig.Options.Seconds), 0);
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < length) done += work(done);
        return done / watch.Elapsed.TotalSeconds;
    }

    [DllImport("libc", EntryPoint = "fdatasync"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FlushData(int file);
}
