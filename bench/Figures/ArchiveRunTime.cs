using System.Diagnostics;
using System.Globalization;
using Gatehouse.Alerts;
using Gatehouse.Archive;
using Gatehouse.Archive.Daily;
using Gatehouse.Bench.Harness;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Secrets.Local;
using Gatehouse.Storage.Sqlite;
using Gatehouse.Usage;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// The nightly run over 10,000 applications, with a platform that answers in 50 ms: its time compared with the platform's answers
/// alone, its requests, its commits, and the memory of this process.
/// </summary>
internal sealed class ArchiveRunTime : IFigure
{
    private const string Table = "DailyMessageCounts";
    private const int AtOnce = 64;
    private const double MostTime = 1.5;
    private const double MostMemory = 200;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(20);

    public string Name => "archive";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(rig.NewPath("archive")).FullName;
        await using var file = SqliteTableStore.Open(Path.Combine(folder, "archive.db"));
        await using var vault = LocalVault.Open(Path.Combine(folder, "vault.db"), Path.Combine(folder, "vault.key"));
        var (store, clock) = (new CountedStore(file), new LateClock());
        var upstream = new SlowUpstream(clock);
        var masters = new MasterTokens(vault, clock);
        var applications = new ManagedApplications(upstream, vault, masters, store, new CustodySettings(), clock);
        var settings = new ArchiveSettings();
        var archive = new DailyArchive(
            upstream, masters, applications, store, new UsageStatistics(store, clock), new ArchiveRuns(store, settings, clock),
            new AlertOutbox(store), settings, clock);

        var count = rig.Options.ArchiveApplications;
        await Parallel.ForAsync(
            0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (index, cancel) => await applications.CreateAsync($"Application {index:D6}", CreationCall.Once(), null, cancel));
        // After a week, so the measured run is an ordinary one.
        clock.Days = 7;
        await archive.RunAsync(cancellation);
        var (questions, commits) = (upstream.Questions, store.Commits(Table));

        clock.Days = 8;
        upstream.AnswerTime = AnswerTime;
        // The memory that earlier figures have left to this process is not the run's.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var began = Stopwatch.GetTimestamp();
        var run = Task.Run(() => archive.RunAsync(cancellation), cancellation);
        var memory = 0.0;
        while (await Task.WhenAny(run, Task.Delay(Watch, cancellation)) != run) memory = Math.Max(memory, Resident());
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var done = (await run).Run;
        if (done.Applications != count || done.Failed != 0) throw new BenchException($"{done.Applications} applications, {done.Failed} failed.");

        (questions, commits) = (upstream.Questions - questions, store.Commits(Table) - commits);
        var least = count * AnswerTime.TotalSeconds / settings.ApplicationsAtOnce;
        var ratio = seconds / least;
        return
        [
            new($"archive of {count:N0} applications, {settings.ApplicationsAtOnce} at once, s; peer: the answers alone, {AnswerTime.TotalMilliseconds:F0} ms each")
            {
                Product = Text(seconds), Peer = Text(least), Ratio = ratio.ToString("F2", CultureInfo.InvariantCulture),
                Target = string.Create(CultureInfo.InvariantCulture, $"<= {MostTime:F1}"), IsMet = ratio <= MostTime,
            },
            PerApplication("its requests to the platform", questions, count),
            PerApplication("its commits of archived days", commits, count),
            new("its peak memory, MiB") { Product = Text(memory), Target = $"< {MostMemory:F0}", IsMet = memory < MostMemory },
        ];
    }

    private static ReportLine PerApplication(string what, int number, int applications) => new(what)
    {
        Product = number.ToString("N0", CultureInfo.InvariantCulture),
        Ratio = ((double)number / applications).ToString("F2", CultureInfo.InvariantCulture),
        Target = "<= 1 an application",
        IsMet = number <= applications,
    };

    private static double Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1048576.0;
    }

    private static string Text(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    /// <summary>The machine's clock, a number of days ahead.</summary>
    private sealed class LateClock : TimeProvider
    {
        public int Days { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(Days);
    }
}
