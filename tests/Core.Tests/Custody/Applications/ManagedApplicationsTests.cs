using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.Applications;

public sealed class ManagedApplicationsTests : IAsyncLifetime
{
    private CustodyScene scene = null!;
    private CustodyInstance instance = null!;

    private ManagedApplications Applications => instance.Applications;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task A_created_application_is_in_custody_before_the_answer_is_sent()
    {
        var created = await Applications.CreateAsync("Harbour", CreationCall.Once(), None);
        Assert.Equal(("Harbour", scene.Clock.GetUtcNow(), CustodyState.Held), (created.Name, created.CreatedAt, created.State));
        Assert.Equal(created, await Applications.FindAsync(created.Id, None));
        Assert.True(await scene.WorksAsync(created.Id, (await scene.MasterAsync(created.Id)).Token));
    }

    [Fact]
    public async Task Applications_are_listed_in_pages_without_calling_platform_or_vault()
    {
        var created = new List<AppId>();
        for (var count = 0; count < 5; count++) created.Add((await Applications.CreateAsync($"a{count}", CreationCall.Once(), None)).Id);
        var (calls, gets) = (scene.Platform.Calls.Count, scene.Vault.Gets);

        var listed = new List<AppId>();
        ManagedApplicationPage? page = null;
        do
        {
            page = await Applications.ListAsync(page?.Next, 2, None);
            listed.AddRange(page.Applications.Select(application => application.Id));
        }
        while (page.Next is not null);
        Assert.Equal(created.OrderBy(id => id.ToString(), StringComparer.Ordinal), listed);
        Assert.Equal((calls, gets), (scene.Platform.Calls.Count, scene.Vault.Gets));
    }

    [Fact]
    public async Task A_created_application_is_deleted_again_if_the_vault_fails()
    {
        scene.Vault.RefusesWrites = true;
        await Assert.ThrowsAsync<VaultException>(() => Applications.CreateAsync("Harbour", CreationCall.Once(), None));
        Assert.Empty((await scene.Direct.ListAsync(100, null, None)).Applications);
    }

    [Fact]
    public async Task If_the_deletion_fails_too_the_sync_adopts_the_application()
    {
        scene.Vault.RefusesWrites = true;
        scene.Platform.FailBefore(nameof(IPlatform.DeleteAsync), PlatformException.Unavailable());
        await Assert.ThrowsAsync<VaultException>(() => Applications.CreateAsync("Harbour", CreationCall.Once(), None));
        scene.Vault.RefusesWrites = false;
        scene.Platform.Recover();
        await instance.RunTimersAsync();
        await scene.AssertReconciledAsync();
        Assert.Single((await Applications.ListAsync(null, 100, None)).Applications);
    }

    [Fact]
    public async Task An_application_whose_creation_had_no_answer_is_adopted_by_the_sync()
    {
        scene.Platform.FailAfter(nameof(IPlatform.CreateAsync), PlatformException.Unavailable());
        await Assert.ThrowsAsync<PlatformException>(() => Applications.CreateAsync("Harbour", CreationCall.Once(), None));
        var (adoption, _) = await instance.RunTimersAsync();
        Assert.Single(adoption.Added);
        await scene.AssertReconciledAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_repeated_creation_finds_what_the_first_try_has_created(bool isAdoptedMeanwhile)
    {
        await scene.Direct.CreateAsync("Other", None);
        var since = scene.Clock.GetUtcNow();
        scene.Platform.FailAfter(nameof(IPlatform.CreateAsync), PlatformException.Unavailable());
        await Assert.ThrowsAsync<PlatformException>(() => Applications.CreateAsync("Harbour", new CreationCall("1", null), None));
        scene.Platform.Recover();
        if (isAdoptedMeanwhile) await instance.RunTimersAsync();
        scene.Clock.Advance(TimeSpan.FromHours(2));

        for (var times = 0; times < 2; times++)
            Assert.Equal("Harbour", (await Applications.CreateAsync("Harbour", new CreationCall("1", since), None)).Name);
        Assert.Equal(1, scene.Platform.Count(nameof(IPlatform.CreateAsync)));
        await instance.RunTimersAsync();
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task A_repeated_creation_creates_where_the_first_try_has_created_nothing()
    {
        // The same name: one from long before, and one of another call.
        await Applications.CreateAsync("Harbour", CreationCall.Once(), None);
        await scene.Direct.CreateAsync("Harbour", None);
        scene.Clock.Advance(TimeSpan.FromHours(1));
        var since = scene.Clock.GetUtcNow();
        var other = await Applications.CreateAsync("Harbour", new CreationCall("2", null), None);
        var created = await Applications.CreateAsync("Harbour", new CreationCall("1", since), None);
        Assert.NotEqual(other.Id, created.Id);
        Assert.Equal(3, scene.Platform.Count(nameof(IPlatform.CreateAsync)));
    }

    [Fact]
    public async Task A_repeated_creation_does_not_take_an_application_that_is_being_deleted()
    {
        var since = scene.Clock.GetUtcNow();
        var deleted = (await scene.Direct.CreateAsync("Harbour", None)).Id;
        await instance.RunTimersAsync();
        scene.Platform.FailBefore(nameof(IPlatform.DeleteAsync), PlatformException.Internal());
        await Assert.ThrowsAsync<PlatformException>(() => Applications.DeleteAsync(deleted, "Harbour", None));
        Assert.NotEqual(deleted, (await Applications.CreateAsync("Harbour", new CreationCall("1", since), None)).Id);
    }

    [Fact]
    public async Task A_repeated_creation_is_refused_where_the_application_cannot_be_told()
    {
        var since = scene.Clock.GetUtcNow();
        scene.Platform.Unreadable.Add(new UnreadableApplication(AppId.Generate(), "Harbour", "its token is null"));
        Assert.Equal(
            CustodyFault.CreationUnclear, await FaultAsync(() => Applications.CreateAsync("Harbour", new CreationCall("1", since), None)));
        scene.Platform.Unreadable.Clear();
        for (var count = 0; count < 2; count++) await scene.Direct.CreateAsync("Harbour", None);
        Assert.Equal(
            CustodyFault.CreationUnclear, await FaultAsync(() => Applications.CreateAsync("Harbour", new CreationCall("1", since), None)));
        Assert.Equal(0, scene.Platform.Count(nameof(IPlatform.CreateAsync)));
    }

    [Fact]
    public async Task An_application_is_registered_with_the_master_token_from_the_vault()
    {
        var application = await scene.Direct.CreateAsync("Harbour", None);
        Assert.Equal(CustodyFault.MasterTokenMissing, await FaultAsync(() => Applications.RegisterAsync(application.Id, None)));

        await scene.Vault.SetAsync(MasterTokens.SecretName(application.Id), application.Token.Reveal(), None);
        var (registered, isNew) = await Applications.RegisterAsync(application.Id, None);
        Assert.True(isNew);
        Assert.Equal((application.Id, "Harbour"), (registered.Id, registered.Name));
        Assert.Equal((registered, false), await Applications.RegisterAsync(application.Id, None));
        await scene.AssertReconciledAsync();
        Assert.Equal(0, scene.Platform.Count(nameof(IPlatform.ListAsync)));
    }

    [Fact]
    public async Task Foreign_secondary_and_revoked_tokens_do_not_register()
    {
        var application = await scene.Direct.CreateAsync("Harbour", None);
        var other = await scene.Direct.CreateAsync("Other", None);
        var secondary = await scene.Direct.IssueTokenAsync(new ApplicationCredential(application.Id, application.Token), None);

        await PutAsync(secondary.Token);
        Assert.Equal(CustodyFault.MasterTokenRefused, await FaultAsync(() => Applications.RegisterAsync(application.Id, None)));
        await PutAsync(other.Token);
        await Assert.ThrowsAsync<PlatformException>(() => Applications.RegisterAsync(application.Id, None));
        await PutAsync(ApiToken.Generate());
        await Assert.ThrowsAsync<PlatformException>(() => Applications.RegisterAsync(application.Id, None));
        Assert.Null(await Applications.FindAsync(application.Id, None));

        async Task PutAsync(ApiToken token) =>
            await scene.Vault.SetAsync(MasterTokens.SecretName(application.Id), token.Reveal(), None);
    }

    [Fact]
    public async Task An_application_is_deleted_only_with_its_name_and_leaves_the_vault()
    {
        var id = (await Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        await instance.Leases.IssueAsync(id, new LeaseRequest("label", "owner", TokenDelivery.Vault), None);
        Assert.Equal(CustodyFault.WrongName, await FaultAsync(() => Applications.DeleteAsync(id, "harbour", None)));
        Assert.NotNull(await Applications.FindAsync(id, None));

        await Applications.DeleteAsync(id, "Harbour", None);
        Assert.Null(await Applications.FindAsync(id, None));
        Assert.Empty((await scene.Direct.ListAsync(100, null, None)).Applications);
        Assert.Null(await scene.SecretAsync(MasterTokens.SecretName(id)));
        Assert.Null(await scene.SecretAsync(Leases.SecretName(id, "label")));
        Assert.Equal(CustodyFault.ApplicationNotFound, await FaultAsync(() => Applications.DeleteAsync(id, "Harbour", None)));
    }

    [Fact]
    public async Task A_deletion_that_the_platform_refuses_leaves_the_application_as_it_was()
    {
        var id = (await Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        scene.Platform.FailBefore(nameof(IPlatform.DeleteAsync), new PlatformException(429, 500910, "slow down"));
        await Assert.ThrowsAsync<PlatformException>(() => Applications.DeleteAsync(id, "Harbour", None));
        scene.Platform.Recover();
        await instance.RunTimersAsync();
        await scene.AssertReconciledAsync();
        Assert.NotNull(await Applications.FindAsync(id, None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_timer_finishes_a_failed_deletion(bool afterTheWork)
    {
        var id = (await Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        if (afterTheWork) scene.Platform.FailAfter(nameof(IPlatform.DeleteAsync), PlatformException.Unavailable());
        else scene.Platform.FailBefore(nameof(IPlatform.DeleteAsync), PlatformException.Internal());
        await Assert.ThrowsAsync<PlatformException>(() => Applications.DeleteAsync(id, "Harbour", None));
        Assert.Equal(CustodyState.Deleting, (await Applications.FindAsync(id, None))!.State);
        Assert.NotNull(await scene.SecretAsync(MasterTokens.SecretName(id)));

        scene.Platform.Recover();
        await instance.RunTimersAsync();
        Assert.Null(await Applications.FindAsync(id, None));
        Assert.Null(await scene.SecretAsync(MasterTokens.SecretName(id)));
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task A_wrong_master_token_in_the_vault_does_not_delete_another_application()
    {
        var id = (await Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        var other = await Applications.CreateAsync("Other", CreationCall.Once(), None);
        await scene.Vault.SetAsync(MasterTokens.SecretName(id), (await scene.MasterAsync(other.Id)).Token.Reveal(), None);
        await Assert.ThrowsAsync<PlatformException>(() => scene.Start().Applications.DeleteAsync(id, "Harbour", None));
        Assert.Equal(2, (await scene.Direct.ListAsync(100, null, None)).Applications.Count);
        Assert.Equal(CustodyState.Held, (await Applications.FindAsync(id, None))!.State);
    }

    private static async Task<CustodyFault> FaultAsync(Func<Task> work) => (await Assert.ThrowsAsync<CustodyException>(work)).Fault;
}
