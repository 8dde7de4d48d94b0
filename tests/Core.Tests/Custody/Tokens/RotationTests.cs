using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.Tokens;

public sealed class RotationTests : IAsyncLifetime
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private CustodyScene scene = null!;
    private CustodyInstance instance = null!;
    private AppId id;

    private Leases Leases => instance.Leases;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
        id = (await instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id;
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task The_new_token_works_at_once_and_the_old_one_until_the_overlap_ends()
    {
        var old = await IssueAsync("label", TokenDelivery.Response);
        var rotated = await Leases.RotateAsync(id, old.TokenId, Hour, Owner, None);
        Assert.Equal("label", rotated.Label);
        Assert.True(await scene.WorksAsync(id, rotated.Token!));

        scene.Clock.Advance(Hour - TimeSpan.FromTicks(1));
        await Leases.RunAsync(None);
        Assert.True(await scene.WorksAsync(id, old.Token!));
        Assert.Equal([TokenState.Active, TokenState.Retiring], (await Leases.ListAsync(id, None)).Tokens.Select(token => token.State).Order());

        scene.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, (await Leases.RunAsync(None)).Revoked);
        Assert.False(await scene.WorksAsync(id, old.Token!));
        Assert.True(await scene.WorksAsync(id, rotated.Token!));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task Without_overlap_the_old_token_is_refused_at_once()
    {
        var old = await IssueAsync("label", TokenDelivery.Response);
        var rotated = await Leases.RotateAsync(id, old.TokenId, TimeSpan.Zero, Owner, None);
        Assert.False(await scene.WorksAsync(id, old.Token!));
        Assert.True(await scene.WorksAsync(id, rotated.Token!));
    }

    [Fact]
    public async Task A_secret_in_the_vault_says_what_it_is_whose_and_until_when()
    {
        var master = scene.Vault.Descriptions[MasterTokens.SecretName(id)]!;
        Assert.Equal(("Master API token", (DateTimeOffset?)null), (master.ContentType, master.ExpiresAt));
        Assert.Equal([("application", $"{id}")], master.Tags.Select(tag => (tag.Key, tag.Value)));

        var issued = await Leases.IssueAsync(
            id, new LeaseRequest("label", "billing", TokenDelivery.Vault, TimeSpan.FromDays(1), TimeSpan.FromHours(2)), None);
        AssertDescribes(issued);
        var rotated = await Leases.RotateAsync(id, issued.TokenId, Hour, new TokenCaller("billing", false), None);
        AssertDescribes(rotated);
        scene.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, (await Leases.RunAsync(None)).Rotated);
        AssertDescribesId((await Leases.ListAsync(id, None)).Tokens.Single(token => token.State == TokenState.Active).TokenId, rotated.ExpiresAt);

        void AssertDescribes(GrantedToken token) => AssertDescribesId(token.TokenId, token.ExpiresAt);

        void AssertDescribesId(string tokenId, DateTimeOffset? end)
        {
            var description = scene.Vault.Descriptions[issued.SecretName!]!;
            Assert.Equal(("API token", end), (description.ContentType, description.ExpiresAt));
            Assert.Equal(
                [("application", $"{id}"), ("label", "label"), ("owner", "billing"), ("token_id", tokenId)],
                description.Tags.Select(tag => (tag.Key, tag.Value)).Order());
        }
    }

    [Fact]
    public async Task A_rotation_to_the_vault_leaves_the_new_token_there()
    {
        var old = await IssueAsync("label", TokenDelivery.Vault);
        var rotated = await Leases.RotateAsync(id, old.TokenId, Hour, Owner, None);
        Assert.Null(rotated.Token);
        Assert.Equal(old.SecretName, rotated.SecretName);
        Assert.Equal(rotated.TokenId, (await scene.DeliveredAsync(id, "label"))!.Fingerprint);
        Assert.Equal(rotated.TokenId, Assert.Single(scene.Announced.Values).TokenId);
    }

    [Fact]
    public async Task A_replaced_token_is_not_rotated_but_the_new_one_is()
    {
        var old = await IssueAsync("label", TokenDelivery.Response);
        var rotated = await Leases.RotateAsync(id, old.TokenId, Hour, Owner, None);
        Assert.Equal(CustodyFault.NotRotatable, await FaultAsync(() => Leases.RotateAsync(id, old.TokenId, Hour, Owner, None)));

        // A caller who lost the answer asks again. Both earlier tokens work until their overlaps end.
        await Leases.RotateAsync(id, rotated.TokenId, 2 * Hour, Owner, None);
        Assert.Equal(3, (await Leases.ListAsync(id, None)).Tokens.Count);
        scene.Clock.Advance(Hour);
        await Leases.RunAsync(None);
        Assert.Equal(2, (await Leases.ListAsync(id, None)).Tokens.Count);
        Assert.True(await scene.WorksAsync(id, rotated.Token!));
    }

    [Fact]
    public async Task A_replaced_token_can_be_revoked_before_its_overlap_ends()
    {
        var old = await IssueAsync("label", TokenDelivery.Response);
        var rotated = await Leases.RotateAsync(id, old.TokenId, Hour, Owner, None);
        await Leases.RevokeAsync(id, old.TokenId, None);
        Assert.False(await scene.WorksAsync(id, old.Token!));
        Assert.True(await scene.WorksAsync(id, rotated.Token!));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task Revoking_a_lease_revokes_all_its_tokens()
    {
        var old = await IssueAsync("label", TokenDelivery.Response);
        var rotated = await Leases.RotateAsync(id, old.TokenId, Hour, Owner, None);
        await Leases.RevokeAsync(id, rotated.TokenId, None);
        Assert.Empty(await scene.TokensAsync(id));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(31 * 24 * 3600)]
    public async Task An_overlap_out_of_range_is_refused(int seconds)
    {
        var old = await IssueAsync("label", TokenDelivery.Response);
        Assert.Equal(
            CustodyFault.Invalid, await FaultAsync(() => Leases.RotateAsync(id, old.TokenId, TimeSpan.FromSeconds(seconds), Owner, None)));
    }

    [Fact]
    public async Task A_late_timer_rotates_once()
    {
        var first = await IssueAsync("label", TokenDelivery.Vault, rotateEvery: Hour);
        scene.Clock.Advance(Hour - TimeSpan.FromMinutes(1));
        Assert.Equal(0, (await Leases.RunAsync(None)).Rotated);

        scene.Clock.Advance(10 * Hour);
        Assert.Equal(1, (await Leases.RunAsync(None)).Rotated);
        Assert.Equal(0, (await Leases.RunAsync(None)).Rotated);
        var second = (await scene.DeliveredAsync(id, "label"))!;
        Assert.NotEqual(first.TokenId, second.Fingerprint);

        // Half of the time between rotations: the old token is revoked before the next rotation is due.
        scene.Clock.Advance(Hour / 2);
        Assert.Equal(1, (await Leases.RunAsync(None)).Revoked);
        Assert.True(await scene.WorksAsync(id, second));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task A_rotation_without_a_free_slot_is_postponed()
    {
        await IssueAsync("label", TokenDelivery.Vault, rotateEvery: Hour);
        var strangers = new List<ApiToken>();
        for (var count = 0; count < 9; count++)
            strangers.Add((await scene.Direct.IssueTokenAsync(await scene.MasterAsync(id), None)).Token);
        scene.Clock.Advance(Hour);
        var run = await Leases.RunAsync(None);
        Assert.Equal(CustodyFault.NoFreeSlot, Assert.IsType<CustodyException>(Assert.Single(run.Failures).Error).Fault);

        await scene.Direct.RevokeTokenAsync(await scene.MasterAsync(id), strangers[0], None);
        Assert.Equal(1, (await Leases.RunAsync(None)).Rotated);
        await scene.AssertReconciledAsync([.. strangers]);
    }

    [Fact]
    public async Task With_one_free_slot_each_lease_gets_its_turn_and_what_is_long_overdue_is_announced()
    {
        var turns = new Dictionary<string, int>();
        var last = new Dictionary<string, string>();
        for (var index = 0; index < 9; index++)
        {
            var issued = await IssueAsync($"service-{index}", TokenDelivery.Vault, rotateEvery: Hour);
            (turns[issued.Label], last[issued.Label]) = (0, issued.TokenId);
        }
        for (var run = 0; run < 12 * 6; run++)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(10));
            await Leases.RunAsync(None);
            foreach (var token in (await Leases.ListAsync(id, None)).Tokens.Where(token => token.State == TokenState.Active))
            {
                if (last[token.Label!] != token.TokenId) turns[token.Label!]++;
                last[token.Label!] = token.TokenId;
            }
        }
        Assert.All(turns, turn => Assert.InRange(turn.Value, 2, 4));
        var overdue = scene.Announced.Values.Where(happened => happened.Kind == CustodyEventKind.RotationOverdue).ToList();
        Assert.Equal(turns.Keys.Order(), overdue.Select(happened => happened.Label!).Distinct().Order());
        // One for each rotation that is missed, however often the timer runs.
        Assert.InRange(overdue.Count, 9, 9 * 5);
    }

    [Fact]
    public async Task A_rotation_that_fails_for_longer_than_a_period_is_announced_once()
    {
        var issued = await IssueAsync("label", TokenDelivery.Vault, rotateEvery: Hour);
        scene.Platform.FailBefore(nameof(IPlatform.IssueTokenAsync), PlatformException.Unavailable());
        scene.Clock.Advance(2 * Hour);
        await Leases.RunAsync(None);
        Assert.DoesNotContain(scene.Announced.Values, happened => happened.Kind == CustodyEventKind.RotationOverdue);
        for (var runs = 0; runs < 3; runs++)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(3));
            await Leases.RunAsync(None);
        }
        var overdue = Assert.Single(scene.Announced.Values, happened => happened.Kind == CustodyEventKind.RotationOverdue);
        Assert.Equal(("label", issued.TokenId), (overdue.Label, overdue.TokenId));
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(4)]
    [InlineData(-60 * 24 * 365)]
    public async Task Rotations_are_due_by_our_own_clock(int platformMinutesAhead)
    {
        scene.Platform.ClockError = TimeSpan.FromMinutes(platformMinutesAhead);
        var every = TimeSpan.FromMinutes(5);
        await IssueAsync("label", TokenDelivery.Vault, rotateEvery: every);
        var rotated = 0;
        for (var minute = 0; minute < 10; minute++)
        {
            scene.Clock.Advance(TimeSpan.FromMinutes(1));
            rotated += (await Leases.RunAsync(None)).Rotated;
        }
        Assert.Equal(2, rotated);
    }

    [Fact]
    public async Task Only_the_owner_or_who_manages_others_rotates_a_token()
    {
        var issued = await IssueAsync("label", TokenDelivery.Response);
        Assert.Equal(
            CustodyFault.NotOwner,
            await FaultAsync(() => Leases.RotateAsync(id, issued.TokenId, Hour, new TokenCaller("other", ManagesOthers: false), None)));
        Assert.True(await scene.WorksAsync(id, issued.Token!));
        var own = await Leases.RotateAsync(id, issued.TokenId, Hour, new TokenCaller("owner", ManagesOthers: false), None);
        var managed = await Leases.RotateAsync(id, own.TokenId, Hour, new TokenCaller("other", ManagesOthers: true), None);
        Assert.Equal("owner", managed.Owner);
    }

    [Fact]
    public async Task Concurrent_timers_rotate_each_lease_once()
    {
        const int Applications = 4;
        var ids = new List<AppId> { id };
        while (ids.Count < Applications) ids.Add((await instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id);
        foreach (var one in ids)
            await Leases.IssueAsync(one, new LeaseRequest("label", "owner", TokenDelivery.Vault, RotateEvery: Hour), None);
        for (var round = 1; round <= 5; round++)
        {
            scene.Clock.Advance(Hour);
            var issued = scene.Platform.Count(nameof(IPlatform.IssueTokenAsync));
            var runs = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => scene.Start().Leases.RunAsync(None))));
            Assert.Empty(runs.SelectMany(run => run.Failures));
            Assert.Equal(Applications, runs.Sum(run => run.Rotated));
            Assert.Equal(issued + Applications, scene.Platform.Count(nameof(IPlatform.IssueTokenAsync)));
        }
        await scene.AssertReconciledAsync();
    }

    private Task<GrantedToken> IssueAsync(string label, TokenDelivery delivery, TimeSpan? rotateEvery = null) =>
        Leases.IssueAsync(id, new LeaseRequest(label, "owner", delivery, RotateEvery: rotateEvery), None);

    private static async Task<CustodyFault> FaultAsync(Func<Task> work) => (await Assert.ThrowsAsync<CustodyException>(work)).Fault;
}
