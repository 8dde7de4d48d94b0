using FsCheck.Fluent;
using Gatehouse.Storage;
using Gatehouse.Tests.Archive;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

public sealed class UsageRecorderTests : IDisposable
{
    private readonly UsageScene scene = new();

    public void Dispose() => scene.Dispose();

    [Fact]
    public async Task A_message_that_is_sent_repeatedly_counts_once()
    {
        var receipt = await scene.RecordAsync(scene.Message("a"), scene.Message("b"), scene.Message("a"));
        Assert.Equal((2, 1), (receipt.Accepted, receipt.Duplicates));

        foreach (var recorder in (UsageRecorder[])[scene.Recorder, scene.NewRecorder()])
        {
            var again = await recorder.RecordAsync(scene.Application, [scene.Message("b"), scene.Message("a")], default);
            Assert.Equal((0, 2), (again.Accepted, again.Duplicates));
        }
        var mixed = await scene.RecordAsync([.. Enumerable.Range(0, 500).Select(number => scene.Message(number % 2 == 0 ? "a" : $"{number}"))]);
        Assert.Equal((250, 250), (mixed.Accepted, mixed.Duplicates));
        Assert.Equal(252, await scene.CountAsync(scene.Today));
    }

    [Fact]
    public async Task Concurrent_requests_share_commits_and_each_message_counts_once()
    {
        const int Requests = 400;
        var before = scene.Store.Groups;

        // Each message is sent twice, by two instances.
        var other = scene.NewRecorder();
        var receipts = await Task.WhenAll(Enumerable.Range(0, Requests).Select(number => Task.Run(() =>
            (number % 2 == 0 ? scene.Recorder : other).RecordAsync(
                scene.Application, [scene.Message($"{number / 2}")], default))));

        Assert.Equal(Requests / 2, receipts.Sum(receipt => receipt.Accepted));
        Assert.Equal(Requests / 2, receipts.Sum(receipt => receipt.Duplicates));
        Assert.Equal(Requests / 2, await scene.CountAsync(scene.Today));
        Assert.True(scene.Store.Groups - before < Requests, $"{scene.Store.Groups - before} transactions for {Requests} requests.");
    }

    [Fact]
    public Task After_a_failure_of_any_commit_a_repeated_request_counts_the_rest()
    {
        var requests = Gen.NonEmptyListOf(Gen.NonEmptyListOf(Gen.Choose(0, 60)));
        var cuts = Gen.ListOf(Gen.Choose(0, 3));

        return Properties.CheckAsync(Gen.Zip(requests, cuts), async run =>
        {
            using var own = new UsageScene();
            var none = new UsageLimits(own.Store, own.Clock);
            await none.SetAsync(own.Application, MessageLimits.None, default);
            var store = new CutOffStore(own.Store, run.Item2);
            var recorder = own.NewRecorder(store);
            foreach (var ids in run.Item1)
            {
                UsageEvent[] events = [.. ids.Select(id => own.Message($"{id}", user: $"{id % 7}"))];
                while (true)
                {
                    try
                    {
                        var receipt = await recorder.RecordAsync(own.Application, events, default);
                        Assert.Equal(events.Length, receipt.Accepted + receipt.Duplicates);
                        break;
                    }
                    catch (StoreUnavailableException)
                    {
                        // Not answered: sent again, to a new instance.
                        recorder = own.NewRecorder(store);
                    }
                }
            }

            var sent = run.Item1.SelectMany(ids => ids).ToHashSet();
            Assert.Equal(sent.Count, await own.CountAsync(own.Today));
            Assert.Equal(sent.Select(id => id % 7).Distinct().Count(), await own.DauAsync(own.Today));
        }, tests: 25);
    }

    [Fact]
    public async Task A_day_ends_at_midnight_UTC_and_a_late_event_counts_for_its_own_day()
    {
        scene.Clock.Set(UsageScene.At("2028-03-02T12:00:00Z"));
        await scene.RecordAsync(
            scene.Message("1", "u", at: UsageScene.At("2028-02-28T23:59:59.999Z")),
            scene.Message("2", "u", at: UsageScene.At("2028-02-29T00:00:00Z")),
            scene.Message("3", "u", at: UsageScene.At("2028-02-29T23:59:59.999Z")),
            scene.Message("4", "u", at: UsageScene.At("2028-03-01T00:30:00+01:00")),
            scene.Message("5", "v", at: UsageScene.At("2028-03-01T00:00:00Z")));

        var counts = await scene.Statistics.DailyCountsAsync(
            scene.Application, UsageScene.Day("2028-02-27"), UsageScene.Day("2028-03-02"), default);

        Assert.Equal(
            [("2028-03-02", 0L), ("2028-03-01", 1), ("2028-02-29", 3), ("2028-02-28", 1), ("2028-02-27", 0)],
            counts.Select(count => ($"{count.Day:yyyy-MM-dd}", count.Messages)));
        Assert.Equal(1, await scene.DauAsync(UsageScene.Day("2028-02-29")));
        Assert.Equal(1, await scene.DauAsync(UsageScene.Day("2028-03-01")));
        Assert.Equal(2, await scene.MauAsync(UsageScene.Day("2028-03-01")));
    }

    [Fact]
    public async Task A_month_is_the_thirty_days_that_end_with_the_day()
    {
        await scene.RecordAsync(scene.Active("first"), scene.Active("both"), scene.Active("both", scene.Clock.GetUtcNow().AddDays(-1)));

        var months = await Task.WhenAll(((int[])[-1, 0, 1, 29, 30]).Select(days => scene.MauAsync(scene.Today.AddDays(days))));
        Assert.Equal([1L, 2, 2, 2, 0], months);
        Assert.Equal(2, await scene.DauAsync(scene.Today));
        Assert.Equal(1, await scene.DauAsync(scene.Today.AddDays(-1)));
        Assert.Equal(0, await scene.MauAsync(DateOnly.MinValue));
        Assert.Equal(0, await scene.MauAsync(DateOnly.MaxValue));
    }

    [Fact]
    public async Task Users_are_exact_up_to_a_thousand_and_within_two_percent_beyond()
    {
        foreach (var users in (int[])[1_000, 30_000])
        {
            var all = Enumerable.Range(0, users).Select(number => scene.Active($"user {number}"));
            await Task.WhenAll(all.Chunk(1_000).Select(scene.RecordAsync));

            Assert.InRange(await scene.DauAsync(scene.Today), users == 1_000 ? 1_000 : users * 0.98, users == 1_000 ? 1_000 : users * 1.02);
            Assert.Equal(await scene.DauAsync(scene.Today), await scene.MauAsync(scene.Today.AddDays(29)));
        }
    }

    [Fact]
    public async Task Two_instances_that_see_other_users_count_the_union_of_them()
    {
        var other = scene.NewRecorder();
        for (var round = 0; round < 50; round++)
        {
            await scene.RecordAsync(scene.Active($"a{round}"));
            await other.RecordAsync(scene.Application, [scene.Active($"b{round}")], default);
        }

        Assert.Equal(100, await scene.DauAsync(scene.Today));
    }

    [Fact]
    public async Task A_known_user_costs_no_commit()
    {
        await scene.RecordAsync(scene.Active("u"));
        var before = scene.Store.Groups;

        await scene.RecordAsync(scene.Active("u"), scene.Active("u"));

        Assert.Equal(before, scene.Store.Groups);
    }

    [Fact]
    public async Task Connections_are_the_sum_of_the_reports_of_the_last_sixty_seconds()
    {
        await scene.RecordAsync(UsageEvent.OfConnections("a", 5), UsageEvent.OfConnections("b", 7), UsageEvent.OfConnections("a", 6));
        Assert.Equal(13, await scene.CcuAsync());

        scene.Clock.Advance(TimeSpan.FromSeconds(30));
        await scene.RecordAsync(UsageEvent.OfConnections("b", 1_000_000_000), UsageEvent.OfConnections("c", 1_000_000_000));
        scene.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(2_000_000_006, await scene.CcuAsync());
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2_000_000_000, await scene.CcuAsync());
        scene.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, await scene.CcuAsync());
    }

    [Theory]
    [InlineData(250, 3, 3)]
    [InlineData(500, 6, 5)]
    [InlineData(999, 11, 10)]
    public async Task Many_nodes_are_stored_in_one_read_and_a_commit_for_a_hundred(int count, int commitsOfNew, int commitsOfKnown)
    {
        var store = new CountingStore(scene.Store);
        var recorder = scene.NewRecorder(store);
        UsageEvent[] nodes = [.. Enumerable.Range(0, count).Select(number => UsageEvent.OfConnections($"node {number}", 1))];
        await recorder.RecordAsync(scene.Application, [], default);
        foreach (var commits in (int[])[commitsOfNew, commitsOfKnown])
        {
            store.Reads.Clear();
            store.Commits.Clear();
            Assert.Empty((await recorder.RecordAsync(scene.Application, nodes, default)).Refused);
            Assert.Single(store.Reads, table => table == "Usage");
            Assert.Equal(commits, store.Commits.Count);
        }
        Assert.Equal(count, await scene.CcuAsync());
    }

    [Fact]
    public async Task Nodes_over_the_limit_in_one_request_are_refused_in_their_order_and_known_ones_are_not()
    {
        await scene.RecordAsync([.. Enumerable.Range(0, 990).Select(number => UsageEvent.OfConnections($"node {number}", 1))]);
        var receipt = await scene.RecordAsync(
        [
            .. Enumerable.Range(0, 12).Select(number => UsageEvent.OfConnections($"new {number}", 1)),
            UsageEvent.OfConnections("node 5", 3), UsageEvent.OfConnections("node 5", 2),
        ]);
        Assert.Equal([9, 10, 11], receipt.Refused.Select(note => note.Index));
        Assert.Equal(990 + 9 + 1, await scene.CcuAsync());
    }

    [Fact]
    public async Task Concurrent_reports_of_many_nodes_never_exceed_the_limit()
    {
        var receipts = await Task.WhenAll(Enumerable.Range(0, 4).Select(instance => Task.Run(() => scene.NewRecorder().RecordAsync(
            scene.Application, [.. Enumerable.Range(0, 300).Select(number => UsageEvent.OfConnections($"{instance}-{number}", 1))], default))));
        Assert.Equal(201, receipts.Sum(receipt => receipt.Refused.Count));
        Assert.Equal(999, await scene.CcuAsync());
    }

    [Fact]
    public async Task A_message_older_than_three_days_is_not_counted_and_one_that_was_counted_stays_a_duplicate()
    {
        var message = scene.Message("m");
        await scene.RecordAsync(message);
        scene.Clock.Advance(UsageRecorder.OldestMessage + TimeSpan.FromTicks(1));
        Assert.Equal(1, (await scene.RecordAsync(message)).Duplicates);
        var receipt = await scene.RecordAsync(scene.Message("other", at: message.At), scene.Message("new"));
        Assert.Equal((1, new UsageNote(0, UsageReason.TooOld)), (receipt.Accepted, Assert.Single(receipt.Refused)));
        Assert.Equal(1, await scene.CountAsync(message.Day));
    }

    [Fact]
    public async Task The_thousandth_node_is_refused_until_a_silent_node_is_removed()
    {
        UsageEvent[] nodes = [.. Enumerable.Range(0, 999).Select(number => UsageEvent.OfConnections($"node {number}", 1))];
        Assert.Empty((await scene.RecordAsync(nodes)).Refused);

        var refused = await scene.RecordAsync(UsageEvent.OfConnections("one more", 1), UsageEvent.OfConnections("node 0", 2));
        Assert.Equal([new UsageNote(0, UsageReason.NodeLimit)], refused.Refused);
        Assert.Equal(1, refused.Accepted);
        Assert.Equal(1_000, await scene.CcuAsync());

        scene.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty((await scene.RecordAsync(UsageEvent.OfConnections("one more", 1))).Refused);
        Assert.Equal(1, await scene.CcuAsync());
    }

    [Fact]
    public async Task Applications_do_not_see_each_other()
    {
        await scene.RecordAsync(scene.Message("a"), scene.Active("u"), UsageEvent.OfConnections("n", 3));
        var other = AppId.Generate();

        Assert.Equal(1, (await scene.Recorder.RecordAsync(other, [scene.Message("a")], default)).Accepted);
        Assert.Equal(0, await scene.Statistics.ConcurrentConnectionsAsync(other, default));
        Assert.Equal(1, await scene.Statistics.DailyActiveUsersAsync(other, scene.Today, default));
        Assert.Equal(1, await scene.CountAsync(scene.Today));
    }

    /// <summary>A store that sometimes fails a commit: before it is made, or after.</summary>
    private sealed class CutOffStore(ITableStore inner, IEnumerable<int> cuts) : InterposedStore(inner)
    {
        private const int Before = 1;
        private const int After = 2;

        private readonly Queue<int> left = new(cuts);

        public override async ValueTask<CommitResult> CommitAsync(
            string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
        {
            int cut;
            lock (left) cut = left.TryDequeue(out var next) ? next : 0;
            if (cut == Before) throw new StoreUnavailableException("Cut off before the commit.");
            var result = await Inner.CommitAsync(table, partition, changes, cancellation);
            return cut == After ? throw new StoreUnavailableException("Cut off after the commit.") : result;
        }
    }
}
