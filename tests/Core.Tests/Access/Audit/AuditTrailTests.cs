using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;
using Gatehouse.Platform;
using Gatehouse.Storage;

namespace Gatehouse.Tests.Access.Audit;

public sealed class AuditTrailTests : IAsyncLifetime
{
    private const string Things = "Things";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly AppId App = AppId.Generate();
    private static readonly Caller Service = new("service", RoleNames.All);

    private AccessScene scene = null!;
    private AuditTrail trail = null!;
    private AuditReader reader = null!;

    public async Task InitializeAsync()
    {
        scene = await AccessScene.OpenAsync();
        trail = new AuditTrail(scene.Store, [new(Things, ["t0", "t1"])], scene.Clock);
        reader = new AuditReader(scene.Store, trail, scene.Keys, scene.Clock);
    }

    public Task DisposeAsync() => scene.DisposeAsync().AsTask();

    [Fact]
    public async Task An_entry_records_caller_operation_subject_times_and_outcome()
    {
        var token = ApiToken.Generate();
        var started = await trail.StartAsync(Call("IssueToken", Role.TokensIssue, "\"my-key\""), new(App), None);
        scene.Clock.Advance(TimeSpan.FromSeconds(2));
        await trail.EndAsync(started, done: true, new(Subject: AuditSubject.Token(token), Label: "bot"), None);

        var entry = Assert.Single(await ReadAsync());
        Assert.Equal(
            started with
            {
                Outcome = AuditOutcome.Done,
                EndedAt = scene.Clock.GetUtcNow(),
                Subject = AuditSubject.Token(token),
                Label = "bot",
            },
            entry);
        Assert.Equal("service", entry.Caller);
        Assert.Equal("Tokens.Issue", entry.Role);
        Assert.Equal("IssueToken", entry.Operation);
        Assert.Equal(App, entry.Application);
        Assert.Equal($"token:{token.Fingerprint}", $"{entry.Subject}");
        Assert.Equal("request-1", entry.RequestId);
        Assert.Equal("my-key", entry.IdempotencyKey);
        Assert.Equal(scene.Clock.GetUtcNow() - TimeSpan.FromSeconds(2), entry.At);
    }

    [Fact]
    public async Task An_entry_without_an_outcome_stays_started()
    {
        await trail.StartAsync(Call(), new(App), None);
        scene.Clock.Advance(TimeSpan.FromDays(30));
        var entry = Assert.Single(await ReadAsync());
        Assert.Equal(AuditOutcome.Started, entry.Outcome);
        Assert.Null(entry.EndedAt);
    }

    [Fact]
    public async Task Failures_and_refusals_are_recorded()
    {
        await trail.EndAsync(await trail.StartAsync(Call(), new(App), None), done: false, default, None);
        await trail.RefuseAsync(Call(), App, None);
        Assert.Equal([AuditOutcome.Failed, AuditOutcome.Refused], (await ReadAsync()).Select(entry => entry.Outcome).Order());
    }

    [Fact]
    public async Task A_created_application_is_found_by_its_id()
    {
        var started = await trail.StartAsync(Call("CreateApplication", Role.ApplicationsCreate), default, None);
        await trail.EndAsync(started, done: true, new(App), None);
        var entry = Assert.Single(await ReadAsync(new AuditFilter { Application = App }));
        Assert.Equal("CreateApplication", entry.Operation);
    }

    [Fact]
    public async Task An_entry_and_the_change_of_its_commit_are_written_together()
    {
        var row = new TableRow("thing");
        RowChange[] Changes() => [AuditTrail.Row(trail.Done(Call(), new(App))), RowChange.Insert(row)];

        Assert.True((await scene.Store.CommitAsync(Things, "t1", Changes(), None)).Succeeded);
        Assert.Single(await ReadAsync());
        Assert.False((await scene.Store.CommitAsync(Things, "t1", Changes(), None)).Succeeded);
        Assert.Single(await ReadAsync());
    }

    [Theory]
    [InlineData(false, "Custody", 16)]
    [InlineData(true, "Audit", 32)]
    public void Entries_are_spread_over_the_partitions_of_applications_or_over_32_of_their_own(bool isApart, string table, int partitions)
    {
        trail = new AuditTrail(scene.Store, [], scene.Clock, isApart);
        var applications = Enumerable.Range(0, 1600).Select(_ => (AppId?)AppId.Generate());
        var counts = applications.Concat(Enumerable.Repeat<AppId?>(null, 1600))
            .CountBy(application => trail.PlaceOf(trail.Done(Call(), new(application)))).ToList();
        Assert.Equal(partitions, counts.Count);
        Assert.All(counts, partition => Assert.InRange(partition.Value * partitions / 32, 50, 200));
        Assert.Equal(
            trail.Partitions().Where(place => !place.IsQuiet).Select(place => (place.Table, place.Partition)).Order(),
            counts.Select(partition => partition.Key).Order());
        Assert.All(counts, partition => Assert.Equal(table, partition.Key.Table));
    }

    [Fact]
    public async Task A_purge_deletes_what_is_older_everywhere_and_nothing_else()
    {
        await scene.Store.CommitAsync(Things, "t0", [RowChange.Insert(new TableRow("audio")), RowChange.Insert(new TableRow("thing"))], None);
        for (var index = 0; index < 250; index++)
        {
            await trail.RefuseAsync(Call("Old"), App, None);
            await scene.Store.CommitAsync(Things, "t0", [AuditTrail.Row(trail.Done(Call("Old"), default))], None);
        }
        scene.Clock.Advance(TimeSpan.FromTicks(1));
        await trail.RefuseAsync(Call("Young"), App, None);
        await scene.Store.CommitAsync(Things, "t0", [AuditTrail.Row(trail.Done(Call("Young"), default))], None);

        Assert.Equal(500, await trail.PurgeAsync(scene.Clock.GetUtcNow(), None));
        Assert.Equal(["Young", "Young"], (await ReadAsync()).Select(entry => entry.Operation));
        var things = await scene.Store.ReadAsync(Things, "t0", RowRange.All, 100, None);
        Assert.Equal(3, things.Count);
        Assert.Equal(0, await trail.PurgeAsync(scene.Clock.GetUtcNow(), None));
    }

    [Fact]
    public async Task Two_instances_can_purge_at_once()
    {
        for (var index = 0; index < 400; index++) await trail.RefuseAsync(Call(), App, None);
        scene.Clock.Advance(AuditTrail.Retention);
        var other = new AuditTrail(scene.OpenStore(), [], scene.Clock);
        var now = scene.Clock.GetUtcNow();
        var purged = await Task.WhenAll(Task.Run(() => trail.PurgeAsync(now, None)), Task.Run(() => other.PurgeAsync(now, None)));
        Assert.Equal(400, purged.Sum());
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task No_call_can_start_while_the_store_fails()
    {
        var faulty = new AuditTrail(new AccessScene.FaultyStore(scene.Store) { Fails = true }, [], scene.Clock);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => faulty.StartAsync(Call(), new(App), None));
    }

    [Fact]
    public void No_field_accepts_text_that_could_be_a_secret()
    {
        var token = ApiToken.Generate().Reveal();
        Assert.ThrowsAny<ArgumentException>(() => AuditSubject.Token(token));
        Assert.ThrowsAny<ArgumentException>(() => AuditSubject.Token("91C3A0B1C2D3E4F5"));
        Assert.ThrowsAny<ArgumentException>(() => AuditSubject.Token("91c3a0b1c2d3e4f5\n"));
        Assert.ThrowsAny<ArgumentException>(() => AuditSubject.Secret(token));
        Assert.ThrowsAny<ArgumentException>(() => AuditSubject.Secret("with space"));
        Assert.ThrowsAny<ArgumentException>(() => AuditSubject.PushConfiguration("certificate"));
        Assert.Equal($"push:{token[..16]}", $"{AuditSubject.PushConfiguration(token)}");
        Assert.ThrowsAny<ArgumentException>(() => new AuditCall(Service, Role.None, "IssueToken", "request-1"));
        Assert.ThrowsAny<ArgumentException>(() => new AuditCall(Service, Role.TokensIssue, "Issue token", "request-1"));
        Assert.ThrowsAny<ArgumentException>(() => new AuditCall(Service, Role.TokensIssue, token, "request-1"));
        Assert.ThrowsAny<ArgumentException>(() => new AuditCall(Service, Role.TokensIssue, new string('a', 65), "request-1"));
        Assert.ThrowsAny<ArgumentException>(() => new AuditCall(Service, Role.TokensIssue, "IssueToken", ""));
        Assert.ThrowsAny<ArgumentException>(() => new AuditCall(Service, Role.TokensIssue, "IssueToken", "a\nb"));
        Assert.Throws<ArgumentException>(() => new AuditCall(Service, Role.TokensIssue, "IssueToken", new string('1', 65)));
    }

    [Fact]
    public void Every_outcome_can_be_parsed_from_its_name()
    {
        foreach (var outcome in Enum.GetValues<AuditOutcome>())
        {
            Assert.True(AuditOutcomeNames.TryParse(AuditOutcomeNames.NameOf(outcome), out var read));
            Assert.Equal(outcome, read);
        }
        Assert.False(AuditOutcomeNames.TryParse("Done", out _));
    }

    private static AuditCall Call(string operation = "IssueToken", Role role = Role.TokensIssue, string? key = null) =>
        new(Service, role, operation, "request-1", IdempotencyKey.TryParse(key));

    private async Task<IReadOnlyList<AuditEntry>> ReadAsync(AuditFilter? filter = null) =>
        (await reader.ReadAsync(Service, filter ?? new AuditFilter(), AuditReader.MostPerPage, null, None))!.Entries;
}
