using Gatehouse.Storage;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

public sealed class UsagePurgeTests : IDisposable
{
    private readonly UsageScene scene = new();
    private readonly UsagePurge purge;

    public UsagePurgeTests() => purge = new UsagePurge(scene.Store, scene.Clock);

    public void Dispose() => scene.Dispose();

    [Fact]
    public async Task Marks_are_removed_after_four_days_and_counts_and_users_stay()
    {
        var day = scene.Today;
        await SendAsync(3_000, "old");
        scene.Clock.Advance(TimeSpan.FromDays(2));
        await SendAsync(500, "young");

        scene.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(0, await purge.RunAsync(default));
        scene.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(3_000, await purge.RunAsync(default));
        Assert.Equal(0, await purge.RunAsync(default));

        Assert.Equal(500, await MarksAsync());
        Assert.Equal(3_000, await scene.CountAsync(day));
        Assert.Equal(500, await scene.CountAsync(day.AddDays(2)));
        Assert.Equal(1, await scene.DauAsync(day));
    }

    [Fact]
    public async Task A_message_is_a_duplicate_for_three_days_despite_purges()
    {
        await SendAsync(1, "m");
        for (var hour = 0; hour < 72; hour++)
        {
            scene.Clock.Advance(TimeSpan.FromHours(1));
            await purge.RunAsync(default);
        }

        Assert.Equal(1, (await scene.RecordAsync(scene.Message("m 0", "u"))).Duplicates);
    }

    [Fact]
    public async Task An_interrupted_run_is_finished_by_the_next()
    {
        var other = AppId.Generate();
        await SendAsync(3_000, "m");
        await scene.Recorder.RecordAsync(other, [scene.Message("x")], default);
        scene.Clock.Advance(TimeSpan.FromDays(5));

        using var stop = new CancellationTokenSource();
        var cut = new UsagePurge(new StoppingStore(scene.Store, stop, commits: 10), scene.Clock);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cut.RunAsync(stop.Token));
        Assert.InRange(await MarksAsync(), 1_900, 2_999);

        await purge.RunAsync(default);
        Assert.Equal(0, await MarksAsync());
        Assert.Equal(0, await MarksAsync(other));
    }

    [Fact]
    public async Task A_long_run_stores_its_position()
    {
        // With two pages a shard, 16 shards and a stored position every 50 pages, the second application is reached after
        // one was stored.
        var applications = Enumerable.Range(0, 4).Select(_ => AppId.Generate()).ToList();
        foreach (var application in applications) await scene.Recorder.RecordAsync(application, [scene.Message("x")], default);
        using var stop = new CancellationTokenSource();
        var cut = new UsagePurge(new StoppingStore(scene.Store, stop, commits: 1), scene.Clock);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cut.RunAsync(stop.Token));

        var reads = new StoppingStore(scene.Store, stop, commits: int.MaxValue);
        await new UsagePurge(reads, scene.Clock).RunAsync(default);
        var whole = new StoppingStore(scene.Store, stop, commits: int.MaxValue);
        await new UsagePurge(whole, scene.Clock).RunAsync(default);

        Assert.InRange(reads.Reads, 1, whole.Reads - 40);
    }

    [Fact]
    public async Task Two_concurrent_runs_purge_what_one_would()
    {
        await SendAsync(3_000, "m");
        scene.Clock.Advance(TimeSpan.FromDays(5));

        await Task.WhenAll(Task.Run(() => purge.RunAsync(default)), Task.Run(() => new UsagePurge(scene.Store, scene.Clock).RunAsync(default)));

        Assert.Equal(0, await MarksAsync());
    }

    [Fact]
    public async Task Nodes_without_reports_for_a_day_are_removed()
    {
        await scene.RecordAsync([.. Enumerable.Range(0, 250).Select(number => UsageEvent.OfConnections($"{number}", 1))]);
        scene.Clock.Advance(TimeSpan.FromHours(24));
        await scene.RecordAsync(UsageEvent.OfConnections("0", 4));

        await purge.RunAsync(default);

        var rows = await scene.Store.ReadAsync(UsageKeys.Table, UsageKeys.Nodes(scene.Application), RowRange.Prefix("n:"), 1_000, default);
        Assert.Single(rows);
        Assert.Equal(4, await scene.CcuAsync());
    }

    private async Task SendAsync(int messages, string name)
    {
        var limits = new UsageLimits(scene.Store, scene.Clock);
        await limits.SetAsync(scene.Application, MessageLimits.None, default);
        var recorder = scene.NewRecorder(limits: limits);
        foreach (var some in Enumerable.Range(0, messages).Select(number => scene.Message($"{name} {number}", "u")).Chunk(1_000))
            await recorder.RecordAsync(scene.Application, some, default);
    }

    private async Task<int> MarksAsync(AppId? application = null)
    {
        var marks = 0;
        for (var shard = 0; shard < UsageKeys.Shards; shard++)
        {
            marks += (await scene.Store.ReadAsync(
                UsageKeys.Table, UsageKeys.Messages(application ?? scene.Application, shard), RowRange.Prefix(UsageKeys.MarkPrefix), 1_000,
                default)).Count;
        }
        return marks;
    }

    /// <summary>A store that cancels after a number of commits, and counts the range reads.</summary>
    private sealed class StoppingStore(ITableStore inner, CancellationTokenSource stop, int commits) : InterposedStore(inner)
    {
        public int Reads { get; private set; }

        public override ValueTask<IReadOnlyList<TableRow>> ReadAsync(
            string table, string partition, RowRange range, int most, CancellationToken cancellation)
        {
            Reads++;
            return Inner.ReadAsync(table, partition, range, most, cancellation);
        }

        public override async ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
        {
            var result = await Inner.CommitAsync(table, partition, changes, cancellation);
            if (--commits == 0) await stop.CancelAsync();
            return result;
        }
    }
}
