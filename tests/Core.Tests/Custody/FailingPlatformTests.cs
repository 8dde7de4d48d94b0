using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody;

/// <summary>
/// A platform that refuses, fails and times out, before and after it has done the work; and a vault that does the same.
/// </summary>
public sealed class FailingPlatformTests : IAsyncLifetime
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

    [Theory]
    [InlineData(400, 400401)]
    [InlineData(400, 400108)]
    [InlineData(429, 500910)]
    public async Task A_refused_issue_leaves_nothing_behind(int status, int code)
    {
        scene.Platform.FailBefore(nameof(IPlatform.IssueTokenAsync), new PlatformException(status, code, "no"));
        Assert.Equal(code, (await Assert.ThrowsAsync<PlatformException>(() => IssueAsync(TokenDelivery.Vault))).Code);
        await scene.AssertReconciledAsync();
        Assert.Empty((await Leases.ListAsync(id, None)).Tokens);

        scene.Platform.Recover();
        await IssueAsync(TokenDelivery.Vault);
    }

    [Fact]
    public async Task The_platform_s_own_limit_is_reported_as_no_free_slot()
    {
        scene.Platform.FailBefore(nameof(IPlatform.IssueTokenAsync), PlatformException.TooMany("full"));
        Assert.Equal(CustodyFault.NoFreeSlot, await FaultAsync(() => IssueAsync(TokenDelivery.Response)));
        await scene.AssertReconciledAsync();
    }

    [Theory]
    [InlineData(false, TokenDelivery.Response)]
    [InlineData(false, TokenDelivery.Vault)]
    [InlineData(true, TokenDelivery.Response)]
    [InlineData(true, TokenDelivery.Vault)]
    public async Task An_issue_with_an_unknown_outcome_is_undone_when_its_lock_expires(bool afterTheWork, TokenDelivery delivery)
    {
        if (afterTheWork) scene.Platform.FailAfter(nameof(IPlatform.IssueTokenAsync), PlatformException.Unavailable());
        else scene.Platform.FailBefore(nameof(IPlatform.IssueTokenAsync), PlatformException.Internal());
        await Assert.ThrowsAsync<PlatformException>(() => IssueAsync(delivery));
        scene.Platform.Recover();

        // Until then the platform may still be issuing. So no other call may issue, and the token, if there is one, is
        // neither listed nor revoked.
        var busy = await Assert.ThrowsAsync<CustodyException>(() => IssueAsync(delivery));
        Assert.Equal((CustodyFault.Busy, scene.Settings.LockTime), (busy.Fault, busy.RetryAfter));
        Assert.Empty((await Leases.ListAsync(id, None)).Tokens);

        scene.PassLocks();
        Assert.Empty((await Leases.RunAsync(None)).Failures);
        Assert.Empty(await scene.TokensAsync(id));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task The_next_issue_undoes_one_with_an_expired_lock()
    {
        scene.Platform.FailAfter(nameof(IPlatform.IssueTokenAsync), PlatformException.Unavailable());
        await Assert.ThrowsAsync<PlatformException>(() => IssueAsync(TokenDelivery.Vault));
        scene.Platform.Recover();
        scene.PassLocks();
        await IssueAsync(TokenDelivery.Vault);
        Assert.Single(await scene.TokensAsync(id));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task A_platform_that_hangs_times_out_at_half_of_the_lock_s_time()
    {
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Platform.After(nameof(IPlatform.IssueTokenAsync), async cancellation =>
        {
            hangs.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        });
        var issue = IssueAsync(TokenDelivery.Vault);
        await hangs.Task;
        scene.Clock.Advance(scene.Settings.LockTime / 2);
        Assert.Equal(CustodyFault.TimedOut, await FaultAsync(() => issue));

        scene.Platform.Recover();
        scene.Clock.Advance(scene.Settings.LockTime / 2);
        await Leases.RunAsync(None);
        Assert.Empty(await scene.TokensAsync(id));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task A_cancelled_caller_does_not_interrupt_a_started_change()
    {
        using var caller = new CancellationTokenSource();
        scene.Platform.Before(nameof(IPlatform.IssueTokenAsync), _ => caller.CancelAsync());
        var granted = await Leases.IssueAsync(id, new LeaseRequest("label", "owner", TokenDelivery.Vault), caller.Token);
        Assert.Equal(granted.TokenId, (await scene.DeliveredAsync(id, "label"))!.Fingerprint);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task An_instance_that_lost_its_lock_revokes_the_token_it_issued()
    {
        // It paused between the platform's answer and its next step, for longer than the lock lasts.
        scene.Platform.After(nameof(IPlatform.IssueTokenAsync), async _ =>
        {
            scene.Platform.Recover();
            await TakeOverAsync();
        });
        Assert.Equal(CustodyFault.Busy, await FaultAsync(() => IssueAsync(TokenDelivery.Vault)));
        Assert.Empty(await scene.TokensAsync(id));
        await scene.AssertReconciledAsync();

        // The deadline would have ended it, but a paused process does not see its deadline.
        async Task TakeOverAsync()
        {
            var rows = new CustodyRows(scene.Store);
            var record = (await rows.FindAsync(id, None))!;
            var expired = record.Lock! with { Since = record.Lock.Since - Hour, Until = record.Lock.Since };
            Assert.NotNull(await rows.TryReplaceAsync(record with { Lock = expired }, default, None));
            await scene.Start().Leases.RunAsync(None);
        }
    }

    [Fact]
    public async Task If_several_tokens_may_be_the_lost_one_none_is_revoked_and_an_event_is_announced()
    {
        ApiToken? stranger = null;
        scene.Platform.After(nameof(IPlatform.IssueTokenAsync), async _ =>
        {
            stranger = (await scene.Direct.IssueTokenAsync(await scene.MasterAsync(id), None)).Token;
            throw PlatformException.Unavailable();
        });
        await Assert.ThrowsAsync<PlatformException>(() => IssueAsync(TokenDelivery.Vault));
        scene.Platform.Recover();
        scene.PassLocks();
        await Leases.RunAsync(None);
        Assert.True(await scene.WorksAsync(id, stranger!));
        Assert.Equal(CustodyEventKind.TokensUnexplained, Assert.Single(scene.Announced.Values).Kind);
        await scene.AssertReconciledAsync([.. (await scene.TokensAsync(id)).Select(token => token.Token)]);
    }

    [Fact]
    public async Task A_token_that_was_issued_long_after_the_crash_is_not_revoked()
    {
        scene.Platform.FailBefore(nameof(IPlatform.IssueTokenAsync), PlatformException.Unavailable());
        await Assert.ThrowsAsync<PlatformException>(() => IssueAsync(TokenDelivery.Vault));
        scene.Platform.Recover();
        scene.Clock.Advance(Hour);
        var stranger = (await scene.Direct.IssueTokenAsync(await scene.MasterAsync(id), None)).Token;
        await Leases.RunAsync(None);
        Assert.True(await scene.WorksAsync(id, stranger));
        await scene.AssertReconciledAsync(stranger);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_lease_is_undone_if_the_vault_fails(bool afterTheWork)
    {
        Break(afterTheWork);
        await Assert.ThrowsAsync<VaultException>(() => IssueAsync(TokenDelivery.Vault));

        // The platform's part is undone even while the vault is down.
        Assert.Single((await Leases.RunAsync(None)).Failures);
        Assert.Empty(await scene.TokensAsync(id));
        Mend();
        Assert.Empty((await Leases.RunAsync(None)).Failures);
        Assert.Null(await scene.DeliveredAsync(id, "label"));
        await scene.AssertReconciledAsync();
        await IssueAsync(TokenDelivery.Vault);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rotation_is_finished_when_the_vault_works_again(bool afterTheWork)
    {
        var old = await IssueAsync(TokenDelivery.Vault);
        var token = (await scene.DeliveredAsync(id, "label"))!;
        Break(afterTheWork);
        await Assert.ThrowsAsync<VaultException>(() => Leases.RotateAsync(id, old.TokenId, Hour, Owner, None));
        Assert.Equal(CustodyFault.NotRotatable, await FaultAsync(() => Leases.RotateAsync(id, old.TokenId, Hour, Owner, None)));

        // A consumer may have read either token, so both must work.
        Assert.True(await scene.WorksAsync(id, token));
        Assert.True(await scene.WorksAsync(id, (await scene.DeliveredAsync(id, "label"))!));

        Mend();
        await Leases.RunAsync(None);
        Assert.NotEqual(old.TokenId, (await scene.DeliveredAsync(id, "label"))!.Fingerprint);
        Assert.True(await scene.WorksAsync(id, token));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task Expired_tokens_are_revoked_while_the_vault_is_down()
    {
        var granted = await IssueAsync(TokenDelivery.Vault);
        await Leases.IssueAsync(id, new LeaseRequest("expiring", "owner", TokenDelivery.Vault, ExpiresIn: Hour), None);
        scene.Clock.Advance(Hour);
        scene.Vault.RefusesWrites = true;
        await Assert.ThrowsAsync<VaultException>(() => Leases.RevokeAsync(id, granted.TokenId, None));
        Assert.Empty(await scene.TokensAsync(id));
        Mend();
        await Leases.RunAsync(None);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task A_revocation_does_not_wait_for_a_lock()
    {
        var granted = await IssueAsync(TokenDelivery.Vault);
        var token = (await scene.DeliveredAsync(id, "label"))!;
        scene.Platform.FailAfter(nameof(IPlatform.IssueTokenAsync), PlatformException.Unavailable());
        await Assert.ThrowsAsync<PlatformException>(
            () => Leases.IssueAsync(id, new LeaseRequest("other", "owner", TokenDelivery.Vault), None));
        scene.Platform.Recover();

        await Leases.RevokeAsync(id, granted.TokenId, None);
        Assert.False(await scene.WorksAsync(id, token));
        scene.PassLocks();
        await Leases.RunAsync(None);
        Assert.Empty(await scene.TokensAsync(id));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task Revoking_a_lease_during_its_rotation_removes_the_new_token_too()
    {
        var old = await IssueAsync(TokenDelivery.Vault);
        scene.Platform.After(
            nameof(IPlatform.IssueTokenAsync), _ => scene.Start().Leases.RevokeAsync(id, old.TokenId, None));
        Assert.Equal(CustodyFault.TokenNotFound, await FaultAsync(() => Leases.RotateAsync(id, old.TokenId, Hour, Owner, None)));
        scene.Platform.Recover();
        await Leases.RunAsync(None);
        Assert.Empty(await scene.TokensAsync(id));
        Assert.Null(await scene.DeliveredAsync(id, "label"));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task A_failing_application_does_not_affect_the_others()
    {
        var ids = new List<AppId> { id };
        while (ids.Count < 3) ids.Add((await instance.Applications.CreateAsync("application", CreationCall.Once(), None)).Id);
        foreach (var one in ids)
            await Leases.IssueAsync(one, new LeaseRequest("label", "owner", TokenDelivery.Response, ExpiresIn: Hour), None);
        scene.Clock.Advance(Hour);
        await scene.Vault.SetAsync(MasterTokens.SecretName(id), ApiToken.Generate().Reveal(), None);

        var run = await scene.Start().Leases.RunAsync(None);
        Assert.Equal(2, run.Revoked);
        var failure = Assert.Single(run.Failures);
        Assert.Equal(id, failure.Application);
        Assert.Equal(PlatformException.InvalidCredentialCode, Assert.IsType<PlatformException>(failure.Error).Code);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_does_not_lock_the_application()
    {
        scene.Clock.Advance(Hour);
        scene.Platform.FailAfter(nameof(IPlatform.IssueTokenAsync), PlatformException.Unavailable());
        await Assert.ThrowsAsync<PlatformException>(() => IssueAsync(TokenDelivery.Vault));
        scene.Platform.Recover();
        var early = new TestClock(scene.Clock.GetUtcNow() - Hour);
        var leases = new Leases(scene.Platform, scene.Vault, instance.Masters, scene.Store, scene.Settings, early);
        await leases.IssueAsync(id, new LeaseRequest("label", "owner", TokenDelivery.Vault), None);
        Assert.Single(await scene.TokensAsync(id));
    }

    private void Break(bool afterTheWork) => (scene.Vault.RefusesWrites, scene.Vault.LosesAnswers) = (!afterTheWork, afterTheWork);

    private void Mend() => (scene.Vault.RefusesWrites, scene.Vault.LosesAnswers) = (false, false);

    private Task<GrantedToken> IssueAsync(TokenDelivery delivery) =>
        Leases.IssueAsync(id, new LeaseRequest("label", "owner", delivery), None);

    private static async Task<CustodyFault> FaultAsync(Func<Task> work) => (await Assert.ThrowsAsync<CustodyException>(work)).Fault;
}
