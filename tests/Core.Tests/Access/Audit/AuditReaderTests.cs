using FsCheck.Fluent;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Common;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Tests.Archive;

namespace Gatehouse.Tests.Access.Audit;

public sealed class AuditReaderTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly AppId[] Apps = [AppId.Generate(), AppId.Generate(), AppId.Generate()];
    private static readonly Caller[] Callers = [new("auditor", RoleNames.All), new("billing", RoleNames.All), new("support", RoleNames.All, [Apps[0]])];
    private static readonly string[] Operations = ["IssueToken", "RevokeToken"];

    // A source of audit rows: one partition for each application's rows, and one for rows of any application.
    private static readonly AuditSource[] Sources =
    [
        new("Leases", ["0", "1"], application => application == Apps[0] ? "0" : "1"), new("Others", ["x"]),
    ];

    private AccessScene scene = null!;
    private AuditTrail trail = null!;
    private AuditReader reader = null!;

    public async Task InitializeAsync()
    {
        scene = await AccessScene.OpenAsync();
        trail = new AuditTrail(scene.Store, Sources, scene.Clock);
        reader = new AuditReader(scene.Store, trail, scene.Keys, scene.Clock);
    }

    public Task DisposeAsync() => scene.DisposeAsync().AsTask();

    [Fact]
    public async Task Pages_hold_exactly_the_matching_entries_newest_first()
    {
        var written = new List<AuditEntry>();
        var random = new Random((int)Properties.Seed);
        for (var index = 0; index < 300; index++)
        {
            // Several entries at the same instant, too.
            if (random.Next(3) > 0) scene.Clock.Advance(TimeSpan.FromSeconds(random.Next(1, 100)));
            written.Add(await WriteAsync(random));
        }
        var first = written[0].At;
        var seconds = (int)(written[^1].At - first).TotalSeconds;
        var filters =
            from caller in Gen.Elements(null, "auditor", "billing", "nobody")
            from application in Gen.Elements([null, .. Apps.Select(app => (AppId?)app)])
            from operation in Gen.Elements([null, null, .. Operations])
            from outcome in Gen.Elements(null, null, AuditOutcome.Refused, AuditOutcome.Done, (AuditOutcome?)AuditOutcome.Started)
            from start in Gen.Choose(-1000, seconds + 1000)
            from end in Gen.Choose(-1000, seconds + 1000)
            from bounded in Gen.Choose(0, 3)
            from limit in Gen.Elements(3, 7, 20, 100)
            from who in Gen.Elements(Callers)
            select (who, limit, new AuditFilter
            {
                Caller = caller,
                Application = application,
                Operation = operation,
                Outcome = outcome,
                From = (bounded & 1) > 0 ? first.AddSeconds(start) : null,
                Before = (bounded & 2) > 0 ? first.AddSeconds(end) : null,
            });
        await Properties.CheckAsync(filters, async asked =>
        {
            var (who, limit, filter) = asked;
            var expected =
                from entry in written
                where filter.Takes(entry)
                where filter.From is not { } start || entry.At >= start
                where filter.Before is not { } end || entry.At < end
                where !who.IsConfined || entry.Application == Apps[0]
                orderby entry.At descending, entry.Id
                select entry.Id;
            Assert.Equal(expected, (await PagesAsync(who, filter, limit)).Select(entry => entry.Id));
        });
    }

    [Fact]
    public async Task New_entries_do_not_shift_the_pages()
    {
        var random = new Random((int)Properties.Seed);
        var before = new List<string>();
        for (var index = 0; index < 100; index++)
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(1));
            before.Add((await WriteAsync(random)).Id);
        }
        before.Reverse();
        var read = await PagesAsync(Callers[0], new AuditFilter(), 7, async () =>
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(1));
            await WriteAsync(random);
        });
        Assert.Equal(before, read.Select(entry => entry.Id));
    }

    [Fact]
    public async Task A_page_reads_at_most_5000_rows_and_the_next_continues()
    {
        var rare = trail.Done(Call("billing", "RevokeToken"), default);
        await scene.Store.CommitAsync("Others", "x", [AuditTrail.Row(rare)], None);
        for (var commit = 0; commit < 60; commit++)
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(1));
            var rows = Enumerable.Range(0, TableLimits.ChangesPerCommit).Select(_ => AuditTrail.Row(trail.Done(Call("auditor", "IssueToken"), default)));
            await scene.Store.CommitAsync("Others", "x", [.. rows], None);
        }
        var filter = new AuditFilter { Caller = "billing" };
        var page = await reader.ReadAsync(Callers[0], filter, 10, null, None);
        Assert.Empty(page!.Entries);
        Assert.NotEmpty(page.Next);
        page = await reader.ReadAsync(Callers[0], filter, 10, page.Next, None);
        Assert.Equal(rare.Id, Assert.Single(page!.Entries).Id);
        Assert.Empty(page.Next);
    }

    [Fact]
    public async Task A_page_of_100_reads_each_partition_once_and_few_again_and_old_partitions_only_where_they_are_needed()
    {
        var counting = new CountingStore(scene.Store);
        trail = new AuditTrail(scene.Store, [new("Usage", [.. HexPartitions.OfApplications.Select(digit => $"limits:{digit}")])], scene.Clock);
        reader = new AuditReader(counting, trail, scene.Keys, scene.Clock);
        // What an earlier version wrote, in every partition of the table Audit.
        foreach (var (table, partition, _) in trail.Partitions().Where(place => place.IsQuiet))
            await scene.Store.CommitAsync(table, partition, [AuditTrail.Row(trail.Done(Call("billing", "IssueToken"), default))], None);
        for (var index = 0; index < 400; index++)
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(1));
            await trail.RefuseAsync(Call("auditor", "IssueToken"), AppId.Generate(), None);
        }
        Assert.InRange(await ReadsAsync(""), 64, 64 + 8);
        Assert.InRange(await ReadsAsync(""), 32, 32 + 8);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        // A row that another process writes is on the next page.
        await trail.RefuseAsync(Call("support", "IssueToken"), Apps[0], None);
        Assert.Equal("support", (await reader.ReadAsync(Callers[0], new AuditFilter(), 1, "", None))!.Entries[0].Caller);
        scene.Clock.Advance(AuditReader.MemoryTime);
        Assert.InRange(await ReadsAsync(""), 64, 64 + 8);

        // All of them, with the old ones at the end.
        Assert.Equal(433, (await PagesAsync(Callers[0], new AuditFilter(), 100)).Count);
        Assert.Equal(32, (await PagesAsync(Callers[0], new AuditFilter { Caller = "billing" }, 100)).Count);

        async Task<int> ReadsAsync(string token)
        {
            var before = counting.Reads.Count;
            Assert.Equal(100, (await reader.ReadAsync(Callers[0], new AuditFilter(), 100, token, None))!.Entries.Count);
            return counting.Reads.Count - before;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_creation_is_one_entry_though_its_start_is_in_another_partition(bool isApart)
    {
        trail = new AuditTrail(scene.Store, [], scene.Clock, isApart);
        reader = new AuditReader(scene.Store, trail, scene.Keys, scene.Clock);
        for (var index = 0; index < 40; index++)
        {
            var started = await trail.StartAsync(Call("billing", "CreateApplication"), default, None);
            if (index % 4 > 0) await trail.EndAsync(started, done: true, new(AppId.Generate()), None);
            if (index % 2 > 0) scene.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        var entries = await PagesAsync(Callers[0], new AuditFilter(), 7);
        Assert.Equal((40, 40), (entries.Count, entries.DistinctBy(entry => entry.Id).Count()));
        Assert.Equal(10, (await PagesAsync(Callers[0], new AuditFilter { Outcome = AuditOutcome.Started }, 7)).Count);
        Assert.All(entries.Where(entry => entry.Outcome == AuditOutcome.Done), entry => Assert.NotNull(entry.Application));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Entries_are_listed_wherever_an_earlier_version_or_another_setting_has_put_them(bool isApart)
    {
        var written = new List<string>();
        foreach (var (table, partition) in (IEnumerable<(string, string)>)
            [("Audit", $"a{HexPartitions.Of(Apps[0])}"), ("Audit", "o7"), ("Custody", HexPartitions.Of(Apps[0]))])
        {
            scene.Clock.Advance(TimeSpan.FromSeconds(1));
            var entry = trail.Done(Call("billing", "IssueToken"), new(Apps[0]));
            await scene.Store.CommitAsync(table, partition, [AuditTrail.Row(entry)], None);
            written.Insert(0, entry.Id);
        }
        trail = new AuditTrail(scene.Store, [], scene.Clock, isApart);
        reader = new AuditReader(scene.Store, trail, scene.Keys, scene.Clock);
        foreach (var filter in (AuditFilter[])[new(), new() { Application = Apps[0] }])
        {
            for (var again = 0; again < 2; again++)
                Assert.Equal(written, (await PagesAsync(Callers[0], filter, 2)).Select(entry => entry.Id));
        }
        Assert.Equal(3, await trail.PurgeAsync(scene.Clock.GetUtcNow().AddSeconds(1), None));
    }

    [Fact]
    public async Task An_invalid_page_token_is_refused()
    {
        var random = new Random((int)Properties.Seed);
        for (var index = 0; index < 5; index++) await WriteAsync(random);
        var next = (await reader.ReadAsync(Callers[0], new AuditFilter(), 1, null, None))!.Next;
        Assert.NotNull(await reader.ReadAsync(Callers[0], new AuditFilter(), 1, next, None));

        var others = PageToken.Write(Guid.NewGuid(), scene.Keys.Requests);
        foreach (var token in new[] { "x", next + "A", next[1..], others, (next[0] == 'A' ? 'B' : 'A') + next[1..] })
            Assert.Null(await reader.ReadAsync(Callers[0], new AuditFilter(), 1, token, None));
    }

    [Fact]
    public async Task An_empty_trail_is_one_empty_page()
    {
        var page = await reader.ReadAsync(Callers[0], new AuditFilter { Application = Apps[1] }, 100, "", None);
        Assert.Empty(page!.Entries);
        Assert.Empty(page.Next);
    }

    private async Task<AuditEntry> WriteAsync(Random random)
    {
        var call = Call(Callers[random.Next(2)].Name, Operations[random.Next(Operations.Length)]);
        AppId? application = random.Next(4) is < 3 and var index ? Apps[index] : null;
        switch (random.Next(4))
        {
            case 0:
                return await trail.StartAsync(call, new(application), None);
            case 1:
                var refused = trail.Done(call, new(application)) with { Outcome = AuditOutcome.Refused };
                await scene.Store.CommitAsync("Others", "x", [AuditTrail.Row(refused)], None);
                return refused;
            case 2 when application is { } id:
                var done = trail.Done(call, new(id, AuditSubject.Token(ApiToken.Generate())));
                await scene.Store.CommitAsync("Leases", Sources[0].PartitionOf!(id), [AuditTrail.Row(done)], None);
                return done;
            default:
                var started = await trail.StartAsync(call, default, None);
                await trail.EndAsync(started, done: true, new(application), None);
                return started with { Application = application, Outcome = AuditOutcome.Done };
        }
    }

    private async Task<List<AuditEntry>> PagesAsync(Caller who, AuditFilter filter, int limit, Func<Task>? meanwhile = null)
    {
        var entries = new List<AuditEntry>();
        var token = "";
        do
        {
            var page = (await reader.ReadAsync(who, filter, limit, token, None))!;
            Assert.InRange(page.Entries.Count, 0, limit);
            entries.AddRange(page.Entries);
            token = page.Next;
            if (meanwhile is not null) await meanwhile();
        }
        while (token.Length > 0);
        return entries;
    }

    private static AuditCall Call(string caller, string operation) =>
        new(new Caller(caller, []), Role.TokensIssue, operation, "request-1");
}
