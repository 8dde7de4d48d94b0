using Gatehouse.Alerts;
using Gatehouse.Archive;
using Gatehouse.Archive.Daily;
using Gatehouse.Common;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Platform;
using Gatehouse.Platform.Embedded;
using Gatehouse.Push;
using Gatehouse.Storage;
using Gatehouse.Tests.Storage;
using Gatehouse.Usage;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.Applications;

/// <summary>How many calls of the store an answer takes, with the embedded platform.</summary>
public sealed class ReadsPerAnswerTests : IAsyncLifetime
{
    private CustodyScene scene = null!;
    private ReadCounter store = null!;
    private EmbeddedPlatform platform = null!;
    private UsageStatistics statistics = null!;
    private MasterTokens masters = null!;
    private ManagedApplications applications = null!;
    private ApplicationSync sync = null!;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        store = new ReadCounter(scene.Store);
        var keys = new PlatformKeys();
        await keys.OpenAsync(scene.Vault, None);
        var access = new ApplicationAccess(store);
        statistics = new UsageStatistics(store, scene.Clock);
        platform = new EmbeddedPlatform(
            access, new EmbeddedApplications(store, access, keys, scene.Clock), new ApiTokens(store, access, keys, scene.Clock),
            new PushConfigurations(store, access, keys, new Inspections(), scene.Clock), statistics);
        masters = new MasterTokens(scene.Vault, scene.Clock);
        applications = new ManagedApplications(platform, scene.Vault, masters, store, scene.Settings, scene.Clock);
        sync = new ApplicationSync(platform, scene.Vault, masters, store, scene.Settings, scene.Clock);
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_view_takes_the_documented_reads_and_says_the_same_as_each_request_alone()
    {
        var id = (await applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        var master = await scene.MasterAsync(id);
        var recorder = new UsageRecorder(scene.Store, new UsageLimits(scene.Store, scene.Clock), scene.Clock);
        // So many that each of the sixteen chunks of today has users of other days beside it.
        foreach (var (users, back) in ((int, int)[])[(100, 0), (300, 2), (400, 40)])
        {
            await recorder.RecordAsync(
                id,
                [.. Enumerable.Range(0, users).Select(user => UsageEvent.OfActive(BitConverter.GetBytes(user), scene.Clock.GetUtcNow().AddDays(-back)))],
                None);
        }
        await platform.IssueTokenAsync(master, None);
        var views = new ApplicationViews(platform, applications, masters, scene.Clock);
        store.Take();

        await views.ViewAsync(id, None);
        Assert.Equal(["1 Get ApiTokens", "1 Get Applications", "1 Get Custody", "1 Read Usage", "1 ReadEach Usage"], store.Take());

        foreach (var type in (PushType[])[PushType.Fcm, PushType.Gcm, PushType.Gcm])
            await platform.AddPushConfigurationsAsync(master, new SenderRegistration(type, "sender", "key"), None);
        store.Take();
        var overview = (await views.ViewAsync(id, None)).Overview;
        Assert.Equal(
            ["1 Get ApiTokens", "1 Get Applications", "1 Get Custody", "1 Read Applications", "1 Read Usage", "1 ReadEach Usage"], store.Take());
        Assert.Equal((100, 300, 1), (overview.DailyUsers, overview.MonthlyUsers, overview.SlotsUsed));
        // The platform's own way, with a request for each.
        var each = await ((IPlatform)new ScriptedPlatform(platform)).ViewOverviewAsync(
            master, DateOnly.FromDateTime(scene.Clock.GetUtcNow().UtcDateTime), None);
        Assert.Equal(each with { PushConfigurations = [] }, overview with { PushConfigurations = [] });
        Assert.Equal(each.PushConfigurations.Select(push => push.Id), overview.PushConfigurations.Select(push => push.Id));
    }

    [Fact]
    public async Task An_application_and_day_of_the_archive_takes_one_read_of_its_usage()
    {
        const int Count = 5;
        for (var made = 0; made < Count; made++) await applications.CreateAsync($"a{made}", CreationCall.Once(), None);
        var settings = new ArchiveSettings();
        var archive = new DailyArchive(
            platform, masters, applications, store, statistics, new ArchiveRuns(store, settings, scene.Clock), new AlertOutbox(store), settings, scene.Clock);
        scene.Clock.Advance(TimeSpan.FromDays(8));
        await archive.RunAsync(None);
        scene.Clock.Advance(TimeSpan.FromDays(1));
        store.Take();
        Assert.Equal(Count, (await archive.RunAsync(None)).Run.Applications);
        var calls = store.Take();
        Assert.Contains($"{Count} Read DailyMessageCounts", calls);
        Assert.Contains($"{Count} ReadEach Usage", calls);
        Assert.Contains($"{Count} Commit DailyMessageCounts", calls);
        Assert.DoesNotContain(calls, call => call.EndsWith("Read Usage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_adoption_reads_and_writes_the_records_of_a_page_together()
    {
        const int Count = 150;
        for (var made = 0; made < Count; made++) await scene.Direct.CreateAsync($"a{made}", None);
        store.Take();
        var run = await sync.RunAsync(askVault: false, None);
        Assert.Equal((Count, Count, 0), (run.Seen, run.Added.Distinct().Count(), run.Failures.Count));
        var calls = store.Take().ToDictionary(call => call[(call.IndexOf(' ') + 1)..], call => int.Parse(call.Split(' ')[0]));
        // Two pages in the order of the ids: each of the sixteen partitions once, and one of them twice.
        Assert.InRange(calls["GetMany Custody"], 1, 17);
        Assert.InRange(calls["Commit Custody"], 1, 17);
        Assert.DoesNotContain("Get Custody", calls.Keys);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task Two_adoptions_at_once_leave_every_application_in_custody()
    {
        for (var made = 0; made < 40; made++) await scene.Direct.CreateAsync($"a{made}", None);
        var other = scene.Start().ApplicationSync;
        var isFirst = 1;
        // The other instance adopts all of them after this one has read that they are missing.
        store.BeforeCommit = async () =>
        {
            if (Interlocked.Exchange(ref isFirst, 0) == 1) await other.RunAsync(askVault: false, None);
        };
        var run = await sync.RunAsync(askVault: false, None);
        Assert.Equal((40, 0), (run.Seen, run.Failures.Count));
        Assert.Equal(0, isFirst);
        await scene.AssertReconciledAsync();
        Assert.Empty((await sync.RunAsync(askVault: true, None)).Added);
    }

    [Fact]
    public async Task A_damaged_record_does_not_affect_the_others_of_its_page()
    {
        var damaged = (await applications.CreateAsync("damaged", CreationCall.Once(), None)).Id;
        (await scene.Store.CommitAsync(
            "Custody", HexPartitions.Of(damaged), [RowChange.Put(new TableRow($"a:{damaged}", ("Name", 1)))], None)).OrThrow();
        for (var made = 0; made < 40; made++) await scene.Direct.CreateAsync($"a{made}", None);
        var run = await sync.RunAsync(askVault: false, None);
        Assert.Equal((40, damaged), (run.Added.Count, Assert.Single(run.Failures).Application));
    }

    [Fact]
    public async Task A_commit_that_the_store_refuses_is_a_failure_of_each_of_its_applications_and_the_next_run_adds_them()
    {
        const int Count = 40;
        for (var made = 0; made < Count; made++) await scene.Direct.CreateAsync($"a{made}", None);
        var isFirst = 1;
        store.BeforeCommit = () => Interlocked.Exchange(ref isFirst, 0) == 1
            ? throw new StoreUnavailableException("The disk is full.")
            : Task.CompletedTask;
        var run = await sync.RunAsync(askVault: false, None);
        Assert.NotEmpty(run.Failures);
        Assert.Equal(Count, run.Added.Count + run.Failures.Count);
        var next = await sync.RunAsync(askVault: false, None);
        Assert.Equal(run.Failures.Select(failure => failure.Application).ToHashSet(), next.Added.ToHashSet());
        await scene.AssertReconciledAsync();
    }
}
