using Gatehouse.Platform;
using Gatehouse.Platform.Embedded;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody;

public sealed class EmbeddedPlatformTests : IAsyncLifetime
{
    private CustodyScene scene = null!;

    private EmbeddedPlatform Platform => scene.Direct;

    public async Task InitializeAsync() => scene = await CreateAsync();

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task An_application_is_created_listed_viewed_and_deleted()
    {
        var created = await Platform.CreateAsync("Harbour", None);
        var credential = new ApplicationCredential(created.Id, created.Token);

        var listed = Assert.Single((await Platform.ListAsync(100, null, None)).Applications);
        Assert.Equal((created.Id, created.Token.Fingerprint), (listed.Id, listed.Token.Fingerprint));
        Assert.Equal("Harbour", (await Platform.ViewAsync(credential, None)).Name);

        await Platform.DeleteAsync(credential, None);
        Assert.Equal(PlatformException.ApplicationNotFoundCode, await CodeAsync(() => Platform.ViewAsync(credential, None)));
    }

    [Fact]
    public async Task A_token_is_issued_listed_and_revoked()
    {
        var master = await CreateMasterAsync();
        var issued = await Platform.IssueTokenAsync(master, None);
        Assert.Equal([issued.Token.Fingerprint], (await Platform.ListTokensAsync(master, None)).Select(token => token.Token.Fingerprint));

        await Platform.RevokeTokenAsync(master, issued.Token, None);
        Assert.Empty(await Platform.ListTokensAsync(master, None));
        Assert.Equal(PlatformException.NotFoundCode, await CodeAsync(() => Platform.RevokeTokenAsync(master, issued.Token, None)));
    }

    [Fact]
    public async Task A_push_configuration_is_added_listed_and_deleted()
    {
        var master = await CreateMasterAsync();
        var id = Assert.Single(await Platform.AddPushConfigurationsAsync(master, new SenderRegistration(PushType.Gcm, "1", "key"), None));
        Assert.Equal([id], (await Platform.ListPushConfigurationsAsync(master, PushType.Gcm, None)).Select(one => one.Id));

        await Platform.DeletePushConfigurationAsync(master, PushType.Gcm, id, None);
        Assert.Empty(await Platform.ListPushConfigurationsAsync(master, PushType.Gcm, None));
    }

    [Fact]
    public async Task A_token_does_nothing_at_another_application()
    {
        var master = await CreateMasterAsync();
        var other = master with { Application = (await CreateMasterAsync()).Application };
        Func<Task>[] operations =
        [
            () => Platform.ViewAsync(other, None), () => Platform.DeleteAsync(other, None),
            () => Platform.IssueTokenAsync(other, None), () => Platform.ListTokensAsync(other, None),
            () => Platform.RevokeTokenAsync(other, ApiToken.Generate(), None),
            () => Platform.AddPushConfigurationsAsync(other, new SenderRegistration(PushType.Gcm, "1", "key"), None),
            () => Platform.ListPushConfigurationsAsync(other, PushType.Gcm, None),
            () => Platform.DeletePushConfigurationAsync(other, PushType.Gcm, new string('0', 40), None),
        ];
        foreach (var operation in operations) Assert.Equal(PlatformException.InvalidCredentialCode, await CodeAsync(operation));
        Assert.Equal(2, (await Platform.ListAsync(100, null, None)).Applications.Count);
    }

    [Fact]
    public void A_credential_does_not_show_its_token()
    {
        var token = ApiToken.Generate();
        Assert.DoesNotContain(token.Reveal(), new ApplicationCredential(ApplicationId.Generate(), token).ToString(), StringComparison.Ordinal);
    }

    private async Task<ApplicationCredential> CreateMasterAsync()
    {
        var created = await Platform.CreateAsync("application", None);
        return new ApplicationCredential(created.Id, created.Token);
    }

    private static async Task<int> CodeAsync(Func<Task> work) => (await Assert.ThrowsAsync<PlatformException>(work)).Code;
}
