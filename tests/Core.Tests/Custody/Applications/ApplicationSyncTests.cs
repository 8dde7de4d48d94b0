using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.Applications;

public sealed class ApplicationSyncTests : IAsyncLifetime
{
    private CustodyScene scene = null!;
    private CustodyInstance instance = null!;

    public async Task InitializeAsync()
    {
        scene = await CreateAsync();
        instance = scene.Start();
    }

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Applications_created_outside_Gatehouse_are_adopted_once()
    {
        var ids = new List<AppId>();
        for (var count = 0; count < 3; count++) ids.Add((await scene.Direct.CreateAsync($"a{count}", None)).Id);
        var run = await instance.ApplicationSync.RunAsync(askVault: true, None);
        Assert.Equal((3, 3), (run.Seen, run.Added.Count));
        Assert.Empty(run.Failures);
        await scene.AssertReconciledAsync();
        Assert.Empty((await instance.ApplicationSync.RunAsync(askVault: true, None)).Added);
    }

    [Fact]
    public async Task The_vault_is_read_again_only_if_requested()
    {
        await instance.Applications.CreateAsync("Harbour", CreationCall.Once(), None);
        var gets = scene.Vault.Gets;
        await instance.ApplicationSync.RunAsync(askVault: false, None);
        Assert.Equal(gets, scene.Vault.Gets);
        await instance.ApplicationSync.RunAsync(askVault: true, None);
        Assert.Equal(gets + 1, scene.Vault.Gets);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0000000000000000000000000000000000000000")]
    [InlineData("overwritten")]
    public async Task A_removed_or_overwritten_master_token_is_restored(string? value)
    {
        var id = (await instance.Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        if (value is null) await scene.Vault.DeleteAsync(MasterTokens.SecretName(id), None);
        else await scene.Vault.SetAsync(MasterTokens.SecretName(id), value, None);
        Assert.Equal([id], (await instance.ApplicationSync.RunAsync(askVault: true, None)).Added);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task An_application_deleted_outside_Gatehouse_is_removed()
    {
        var id = (await instance.Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        await instance.Leases.IssueAsync(id, new LeaseRequest("label", "owner", TokenDelivery.Vault), None);
        await scene.Direct.DeleteAsync(await scene.MasterAsync(id), None);
        Assert.Equal([id], (await instance.ApplicationSync.RunAsync(askVault: false, None)).Removed);
        Assert.Null(await instance.Applications.FindAsync(id, None));
        Assert.Null(await scene.SecretAsync(MasterTokens.SecretName(id)));
        Assert.Null(await scene.SecretAsync(Leases.SecretName(id, "label")));
    }

    [Fact]
    public async Task An_application_missing_from_the_list_stays_if_the_platform_still_has_it()
    {
        var id = (await instance.Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        scene.Platform.Unlisted.Add(id);
        Assert.Empty((await instance.ApplicationSync.RunAsync(askVault: true, None)).Removed);
        Assert.NotNull(await instance.Applications.FindAsync(id, None));
    }

    [Fact]
    public async Task Entries_that_cannot_be_read_are_named_and_do_not_affect_the_others()
    {
        var held = (await instance.Applications.CreateAsync("Harbour", CreationCall.Once(), None)).Id;
        var added = (await scene.Direct.CreateAsync("Pier", None)).Id;
        scene.Platform.Unlisted.Add(held);
        scene.Platform.Unreadable.AddRange([new(held, "Harbour", "its token is null"), new(null, null, "it has no id")]);
        var run = await instance.ApplicationSync.RunAsync(askVault: true, None);
        Assert.Equal((3, added), (run.Seen, Assert.Single(run.Added)));
        Assert.Equal(scene.Platform.Unreadable, run.Unreadable);
        // It is listed, so it is not looked for as a deleted one.
        Assert.Equal(1, scene.Platform.Count(nameof(IPlatform.ViewAsync)));
        Assert.Empty(run.Removed);
    }

    [Fact]
    public async Task A_list_whose_pages_lead_back_to_an_earlier_page_ends()
    {
        scene.Platform.Next = new Queue<string>(["b", "c", "b"]);
        await Assert.ThrowsAsync<PlatformException>(() => instance.ApplicationSync.RunAsync(askVault: true, None));
        Assert.Empty(scene.Platform.Next);
    }

    [Fact]
    public async Task Sixty_four_applications_have_their_turn_at_once_over_several_pages()
    {
        for (var count = 0; count < 130; count++) await scene.Direct.CreateAsync("a", None);
        // Others that could begin do so before those that wait go on.
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (now, most) = (0, 0);
        scene.Platform.Before(nameof(IPlatform.ViewAsync), async cancellation =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            if (most == 64) full.TrySetResult();
            await full.Task.WaitAsync(TimeSpan.FromMinutes(1), cancellation);
            Interlocked.Decrement(ref now);
        });
        Assert.Equal(130, (await instance.ApplicationSync.RunAsync(askVault: true, None)).Added.Count);
        Assert.Equal(64, most);

        static void InterlockedMax(ref int most, int value)
        {
            for (var seen = most; value > seen; seen = most) Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    [Fact]
    public async Task If_a_page_cannot_be_read_those_before_it_are_finished()
    {
        await scene.Direct.CreateAsync("a", None);
        scene.Platform.Next = new Queue<string>(["b"]);
        var failed = new TaskCompletionSource();
        var pages = 0;
        scene.Platform.Before(nameof(IPlatform.ListAsync), _ =>
        {
            if (++pages == 1) return Task.CompletedTask;
            failed.SetResult();
            return Task.FromException(PlatformException.Unavailable());
        });
        scene.Platform.Before(nameof(IPlatform.ViewAsync), _ => failed.Task);
        await Assert.ThrowsAsync<PlatformException>(() => instance.ApplicationSync.RunAsync(askVault: true, None));
        scene.Platform.Next = null;
        scene.Platform.Before(nameof(IPlatform.ListAsync), null);
        Assert.Empty((await instance.ApplicationSync.RunAsync(askVault: true, None)).Added);
        await scene.AssertReconciledAsync();
    }

    [Fact]
    public async Task An_application_that_cannot_be_adopted_does_not_affect_the_others()
    {
        await scene.Direct.CreateAsync("a", None);
        await scene.Direct.CreateAsync("b", None);
        var first = 1;
        scene.Platform.Before(
            nameof(IPlatform.ViewAsync),
            _ => Interlocked.Exchange(ref first, 0) == 1 ? Task.FromException(PlatformException.Unavailable()) : Task.CompletedTask);
        var run = await instance.ApplicationSync.RunAsync(askVault: false, None);
        Assert.Single(run.Added);
        Assert.IsType<PlatformException>(Assert.Single(run.Failures).Error);
        Assert.Single((await instance.ApplicationSync.RunAsync(askVault: false, None)).Added);
        await scene.AssertReconciledAsync();
    }
}
