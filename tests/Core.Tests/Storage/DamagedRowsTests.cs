using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Archive;
using Gatehouse.Archive.Backfill;
using Gatehouse.Archive.Daily;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Custody.Tokens;
using Gatehouse.Storage;
using Gatehouse.Tests.Access;
using Gatehouse.Tests.Alerts;
using Gatehouse.Tests.Archive;
using Gatehouse.Tests.Custody;
using Gatehouse.Tests.Usage;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Storage;

/// <summary>A row that somebody has damaged costs what is in it. The lists and queues that it is in go on.</summary>
public sealed class DamagedRowsTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_due_row_without_an_application_does_not_keep_the_others_from_being_rotated()
    {
        await using var scene = await CustodyScene.CreateAsync();
        var instance = scene.Start();
        var application = (await instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id;
        await instance.Leases.IssueAsync(
            application, new LeaseRequest("label", "owner", TokenDelivery.Vault, RotateEvery: TimeSpan.FromHours(1)), None);
        foreach (var partition in "0123456789ABCDEF")
            await scene.Store.CommitAsync("Custody", $"{partition}", [RowChange.Put(new TableRow("d:00000000000000:none"))], None);
        scene.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, (await instance.Leases.RunAsync(None)).Rotated);
    }

    [Fact]
    public async Task A_damaged_backfill_or_entry_of_the_queue_does_not_keep_the_others_from_running()
    {
        await using var scene = await ArchiveScene.CreateAsync();
        var instance = scene.Start();
        var (good, bad) = (await scene.AddAsync(), await scene.AddAsync());
        await scene.RunOnAsync(ArchiveScene.Day("2024-06-20"), instance);
        var days = new DayRange(ArchiveScene.Day("2024-05-20"), ArchiveScene.Day("2024-05-25"));
        var damaged = await instance.Backfills.OrderAsync(bad, days, None);
        var ordered = await instance.Backfills.OrderAsync(good, days, None);
        await DamageAsync(scene.Store, "DailyMessageCounts", $"{bad}", $"backfill:{damaged.Id:N}", "State", "Maybe");
        foreach (var key in (string[])["0", $"0:{good}:0", $"99999999999999999999:{good}:{Guid.Empty:N}"])
            await scene.Store.CommitAsync("Archive", "backfills", [RowChange.Put(new TableRow(key))], None);

        Assert.Equal("internal-error", Assert.Single(await instance.Backfills.RunAsync(None)).Problem);
        Assert.Equal(BackfillState.Done, (await instance.Backfills.FindAsync(good, ordered.Id, None))!.State);
    }

    [Theory]
    [InlineData("State", "Maybe")]
    [InlineData("Failures", "[")]
    [InlineData("StartedAt", 5L)]
    public async Task A_damaged_run_is_left_out_of_the_list_and_the_next_run_does_its_work(string property, object value)
    {
        await using var scene = await ArchiveScene.CreateAsync();
        var instance = scene.Start();
        var application = await scene.AddAsync();
        var first = await scene.RunOnAsync(ArchiveScene.Day("2024-05-20"), instance);
        var second = await scene.RunOnAsync(ArchiveScene.Day("2024-05-21"), instance);
        await DamageAsync(scene.Store, "Archive", "runs", $"{second.Id:N}", property, value);
        var third = await scene.RunOnAsync(ArchiveScene.Day("2024-05-22"), instance);
        Assert.Equal([third.Id, first.Id], (await instance.Runs.ListAsync(null, 10, None)).Runs.Select(run => run.Id));
        Assert.Equal(second.Id, (await instance.Runs.ListAsync(third.Id, 1, None)).Next);
        Assert.Equal(first.Id, Assert.Single((await instance.Runs.ListAsync(second.Id, 1, None)).Runs).Id);
        await scene.AssertArchivedAsync(application, ArchiveScene.Day("2024-05-15"), ArchiveScene.Day("2024-05-21"));
    }

    [Fact]
    public async Task A_damaged_day_is_a_gap_until_it_is_read_again()
    {
        await using var scene = await ArchiveScene.CreateAsync();
        var instance = scene.Start();
        var application = await scene.AddAsync();
        await scene.RunOnAsync(ArchiveScene.Day("2024-05-25"), instance);
        await DamageAsync(scene.Store, "DailyMessageCounts", $"{application}", "2024-05-17", "Count", "many");
        var whole = new DayRange(ArchiveScene.Day("2024-05-15"), ArchiveScene.Day("2024-05-24"));
        Assert.Equal(9, (await new ArchiveRows(scene.Store).ReadDaysAsync(application, whole, None)).Days.Count);
        await instance.Backfills.OrderAsync(application, whole, None);
        Assert.Empty(await instance.Backfills.RunAsync(None));
        await scene.AssertArchivedAsync(application, whole.From, whole.To);
    }

    [Fact]
    public async Task A_final_count_with_a_damaged_history_is_corrected()
    {
        await using var scene = await ArchiveScene.CreateAsync();
        var instance = scene.Start();
        var (application, day) = (await scene.AddAsync(), ArchiveScene.Day("2024-05-17"));
        await scene.RunOnAsync(ArchiveScene.Day("2024-05-25"), instance);
        await DamageAsync(scene.Store, "DailyMessageCounts", $"{application}", "2024-05-17", "History", "[");
        scene.Say(application, day, 7);
        await instance.Backfills.OrderAsync(application, new DayRange(day, day), None);
        Assert.Empty(await instance.Backfills.RunAsync(None));
        Assert.Equal(7, (await scene.DayAsync(application, day)).Count);
    }

    [Fact]
    public async Task A_damaged_alert_does_not_keep_the_others_from_being_delivered()
    {
        await using var scene = await AlertScene.StartAsync();
        await scene.RaiseAsync("one", "two");
        foreach (var partition in "0123456789abcdef")
        {
            foreach (var row in await scene.Store.ReadAsync("Alerts", $"{partition}", RowRange.Prefix("k:"), 10, None))
            {
                if (row.GetString("Key") == "one")
                    await DamageAsync(scene.Store, "Alerts", $"{partition}", row.Key, "State", "Maybe");
            }
        }
        Assert.Equal(1, (await scene.Delivery().RunAsync(None)).Delivered);
        Assert.Single(scene.Receiver.Received);
    }

    [Fact]
    public async Task A_damaged_entry_is_left_out_of_the_audit_trail()
    {
        await using var scene = await AccessScene.OpenAsync();
        var trail = new AuditTrail(scene.Store, [], scene.Clock);
        var caller = new Caller("auditor", RoleNames.All);
        for (var index = 0; index < 3; index++)
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(1));
            await trail.StartAsync(new AuditCall(caller, Role.TokensIssue, "IssueToken", $"request-{index}"), default, None);
        }
        foreach (var partition in trail.Partitions())
        {
            foreach (var row in await scene.Store.ReadAsync(partition.Table, partition.Partition, RowRange.All, 10, None))
            {
                if (row.GetString("RequestId") == "request-1")
                    await DamageAsync(scene.Store, partition.Table, partition.Partition, row.Key, "Outcome", "maybe");
            }
        }
        var page = await new AuditReader(scene.Store, trail, scene.Keys, scene.Clock).ReadAsync(caller, new AuditFilter(), 10, null, None);
        Assert.Equal(["request-2", "request-0"], page!.Entries.Select(entry => entry.RequestId));
    }

    [Fact]
    public async Task A_damaged_report_of_a_node_is_not_counted_and_is_removed()
    {
        using var scene = new UsageScene();
        await scene.RecordAsync(UsageEvent.OfConnections("a", 5), UsageEvent.OfConnections("b", 7));
        var nodes = UsageKeys.Nodes(scene.Application);
        var damaged = (await scene.Store.ReadAsync(UsageKeys.Table, nodes, RowRange.Prefix("n:"), 10, None)).Single(row => row.GetString("Node") == "a");
        await DamageAsync(scene.Store, UsageKeys.Table, nodes, damaged.Key, "At", "now");
        Assert.Equal(7, await scene.CcuAsync());
        await new UsagePurge(scene.Store, scene.Clock).RunAsync(None);
        Assert.Null(await scene.Store.GetAsync(UsageKeys.Table, nodes, damaged.Key, None));
        Assert.Equal(7, await scene.CcuAsync());
    }

    [Fact]
    public async Task A_damaged_mark_of_a_message_and_a_damaged_list_do_not_stop_the_purge()
    {
        using var scene = new UsageScene();
        await scene.RecordAsync([.. Enumerable.Range(0, 100).Select(number => scene.Message($"m {number}"))]);
        await scene.Store.CommitAsync(UsageKeys.Table, "applications", [RowChange.Put(new TableRow("a:0"))], None);
        var shard = UsageKeys.Messages(scene.Application, 3);
        var marks = await scene.Store.ReadAsync(UsageKeys.Table, shard, RowRange.Prefix(UsageKeys.MarkPrefix), 100, None);
        await DamageAsync(scene.Store, UsageKeys.Table, shard, marks[0].Key, MessageLedger.CountedAt, "now");
        scene.Clock.Advance(TimeSpan.FromDays(5));
        Assert.Equal(99, await new UsagePurge(scene.Store, scene.Clock).RunAsync(None));
        Assert.NotNull(await scene.Store.GetAsync(UsageKeys.Table, shard, marks[0].Key, None));
    }

    [Fact]
    public async Task A_damaged_finding_of_a_certificate_is_left_out()
    {
        await using var scene = await CustodyScene.CreateAsync();
        var findings = new RegisteredCertificates(scene.Store);
        var application = AppId.Generate();
        foreach (var id in (string[])["a", "b"])
        {
            await findings.SaveAsync(
                application, new RegisteredCertificate(id, "com.example.app", true, "thumbprint", scene.Clock.GetUtcNow(), scene.Clock.GetUtcNow()), None);
        }
        var partition = $"{application}"[..1];
        await DamageAsync(scene.Store, "PushCredentials", partition, $"{application}:a", "ExpiresAt", "soon");
        foreach (var key in (string[])["", "0", "0:", ":"])
            await scene.Store.CommitAsync("PushCredentials", partition, [RowChange.Put(new TableRow($"{key}!"))], None);
        Assert.Equal("b", Assert.Single(await findings.ReadAsync(application, None)).Key);
        Assert.Equal([application], await findings.ReadApplicationsAsync(None).ToListAsync());
    }

    [Fact]
    public async Task A_run_with_a_damaged_key_does_not_end_the_list()
    {
        await using var scene = await ArchiveScene.CreateAsync();
        var instance = scene.Start();
        await scene.AddAsync();
        var runs = new List<ArchiveRun>();
        foreach (var day in (string[])["2024-05-20", "2024-05-21", "2024-05-22"]) runs.Add(await scene.RunOnAsync(ArchiveScene.Day(day), instance));
        // Behind the second, so at the end of the page of three.
        await scene.Store.CommitAsync("Archive", "runs", [RowChange.Put(new TableRow($"{runs[1].Id:N}x"))], None);
        var page = await instance.Runs.ListAsync(null, 3, None);
        Assert.Equal([runs[2].Id, runs[1].Id], page.Runs.Select(run => run.Id));
        Assert.Equal(runs[0].Id, Assert.Single((await instance.Runs.ListAsync(page.Next, 3, None)).Runs).Id);
        await scene.RunOnAsync(ArchiveScene.Day("2024-05-23"), instance);
    }

    private static async Task DamageAsync(ITableStore store, string table, string partition, string key, string property, object value)
    {
        var row = (await store.GetAsync(table, partition, key, None))!;
        var damaged = row.Properties.Where(one => one.Name != property).Append(new RowProperty(property, value));
        (await store.CommitAsync(table, partition, [RowChange.Put(new TableRow(key, null, [.. damaged]))], None)).OrThrow();
    }
}
