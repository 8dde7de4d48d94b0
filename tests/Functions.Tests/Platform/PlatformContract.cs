using Gatehouse.Common;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Platform;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Platform;

/// <summary>The behaviour of every implementation of the platform.</summary>
public abstract partial class PlatformContract(Head head) : IAsyncLifetime
{
    private protected static readonly CancellationToken None = CancellationToken.None;

    private protected TestClock Clock { get; } = new();

    /// <summary>The Gatehouse that contains the platform.</summary>
    private protected RunningGatehouse Home { get; private set; } = null!;

    /// <summary>The platform as custody sees it.</summary>
    private protected IPlatform Platform { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        Home = await head.StartAsync(clock: Clock);
        Platform = await ConnectAsync(Home);
    }

    public virtual async Task DisposeAsync() => await Home.DisposeAsync();

    private protected abstract Task<IPlatform> ConnectAsync(RunningGatehouse home);

    [Fact]
    public async Task An_application_is_created_listed_viewed_and_deleted()
    {
        var created = await Platform.CreateAsync("Harbour \"é\"", None);
        var credential = new ApplicationCredential(created.Id, created.Token);
        Assert.Equal(("Harbour \"é\"", Clock.GetUtcNow()), (created.Name, created.CreatedAt));

        var page = await Platform.ListAsync(100, null, None);
        var listed = Assert.Single(page.Applications);
        Assert.Equal((created.Id, created.Name, created.Token.Fingerprint, ""), (listed.Id, listed.Name, listed.Token.Fingerprint, page.Next));
        var viewed = await Platform.ViewAsync(credential, None);
        Assert.Equal((created.Id, created.Name, created.Token.Fingerprint), (viewed.Id, viewed.Name, viewed.Token.Fingerprint));

        await Platform.DeleteAsync(credential, None);
        Assert.Empty((await Platform.ListAsync(100, "", None)).Applications);
    }

    [Fact]
    public async Task A_secondary_token_sees_itself()
    {
        var master = await CreateAsync();
        var secondary = await IssueAsync(master);
        Assert.Equal(secondary.Token.Fingerprint, (await Platform.ViewAsync(secondary, None)).Token.Fingerprint);
    }

    [Theory]
    [InlineData("", 400111)]
    [InlineData("129 bytes", 400110)]
    public async Task An_invalid_name_is_refused(string name, int code)
    {
        if (name.Length > 0) name = new string('é', 64) + "x";
        await RefusedAsync(code, () => Platform.CreateAsync(name, None));
        Assert.Empty((await Platform.ListAsync(100, null, None)).Applications);
    }

    [Fact]
    public async Task Applications_are_listed_page_by_page()
    {
        var created = new List<AppId>();
        for (var count = 0; count < 5; count++) created.Add((await CreateAsync()).Application);
        var listed = new List<AppId>();
        var pages = 0;
        for (string? next = null; next != ""; pages++)
        {
            var page = await Platform.ListAsync(2, next, None);
            listed.AddRange(page.Applications.Select(application => application.Id));
            next = page.Next;
        }
        Assert.Equal(created.OrderBy(id => id.ToString(), StringComparer.Ordinal), listed);
        Assert.Equal(3, pages);
    }

    [Fact]
    public async Task An_invalid_page_size_is_refused()
    {
        await RefusedAsync(400113, () => Platform.ListAsync(0, null, None));
        await RefusedAsync(400113, () => Platform.ListAsync(101, null, None));
        await RefusedAsync(400111, () => Platform.ListAsync(1, "no page/token?&", None));
    }

    [Fact]
    public async Task Tokens_are_issued_listed_newest_first_and_revoked()
    {
        var master = await CreateAsync();
        Assert.Empty(await Platform.ListTokensAsync(master, None));
        var first = await Platform.IssueTokenAsync(master, None);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await Platform.IssueTokenAsync(master, None);
        Assert.Equal(Clock.GetUtcNow(), second.CreatedAt);
        Assert.Equal(
            [(second.Token.Fingerprint, second.CreatedAt), (first.Token.Fingerprint, first.CreatedAt)],
            (await Platform.ListTokensAsync(master, None)).Select(token => (token.Token.Fingerprint, token.CreatedAt)));

        await Platform.RevokeTokenAsync(master, first.Token, None);
        await RefusedAsync(400401, () => Platform.ViewAsync(master with { Token = first.Token }, None));
        Assert.Equal(second.Token.Fingerprint, Assert.Single(await Platform.ListTokensAsync(master, None)).Token.Fingerprint);
        await RefusedAsync(400201, () => Platform.RevokeTokenAsync(master, first.Token, None));
    }

    [Fact]
    public async Task An_eleventh_token_is_refused()
    {
        var master = await CreateAsync();
        for (var count = 0; count < 10; count++) await Platform.IssueTokenAsync(master, None);
        await RefusedAsync(400203, () => Platform.IssueTokenAsync(master, None));
        Assert.Equal(10, (await Platform.ListTokensAsync(master, None)).Count);
    }

    [Fact]
    public async Task A_secondary_token_cannot_manage_other_tokens()
    {
        var master = await CreateAsync();
        var secondary = await IssueAsync(master);
        var other = await IssueAsync(master);
        await RefusedAsync(400108, () => Platform.IssueTokenAsync(secondary, None));
        await RefusedAsync(400108, () => Platform.ListTokensAsync(secondary, None));
        await RefusedAsync(400108, () => Platform.RevokeTokenAsync(secondary, other.Token, None));
        await RefusedAsync(400108, () => Platform.RevokeTokenAsync(master, master.Token, None));
        Assert.Equal(2, (await Platform.ListTokensAsync(master, None)).Count);
    }

    [Fact]
    public async Task An_invalid_token_can_do_nothing()
    {
        var stranger = (await CreateAsync()) with { Token = ApiToken.Generate() };
        foreach (var operation in Operations(stranger)) await RefusedAsync(400401, operation);
        Assert.Single((await Platform.ListAsync(100, null, None)).Applications);
    }

    [Fact]
    public async Task The_token_of_a_deleted_application_gets_application_not_found()
    {
        var master = await CreateAsync();
        await Platform.DeleteAsync(master, None);
        foreach (var operation in Operations(master)) await RefusedAsync(400304, operation);
    }

    [Fact]
    public async Task Statistics_are_those_of_the_usage()
    {
        var master = await CreateAsync();
        var today = DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);
        var now = Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var yesterday = now - 86_400_000;
        (await Home.Api.RecordAsync(
            new CreatedApplication(master.Application.ToString(), Credential.Token(master.Token.Reveal())),
            $$"""{"type":"message","message_id":"1","user_id":"ann","channel_url":"pier","sent_at":{{now}}}""",
            $$"""{"type":"message","message_id":"2","user_id":"ben","channel_url":"pier","sent_at":{{yesterday}}}""",
            """{"type":"connections","node":"chat-1","count":327}""")).Ok();

        Assert.Equal(327, await Platform.ViewCcuAsync(master, None));
        Assert.Equal(1, await Platform.ViewDauAsync(master, today, None));
        Assert.Equal(0, await Platform.ViewDauAsync(master, today.AddDays(-2), None));
        Assert.Equal(2, await Platform.ViewMauAsync(master, today, None));
        Assert.Equal(
            [new DailyCount(today, 1), new DailyCount(today.AddDays(-1), 1), new DailyCount(today.AddDays(-2), 0)],
            (await Platform.ViewDailyCountsAsync(master, today.AddDays(-2), today, None)).Counts);
        Assert.Equal(366, (await Platform.ViewDailyCountsAsync(master, today.AddDays(-365), today, None)).Counts.Count);
    }

    [Fact]
    public async Task A_caller_that_disconnected_is_not_answered()
    {
        var master = await CreateAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Platform.ViewCcuAsync(master, new CancellationToken(true)));
    }

    [Fact]
    public void A_credential_does_not_show_its_token()
    {
        var token = ApiToken.Generate();
        Assert.DoesNotContain(token.Reveal(), new ApplicationCredential(AppId.Generate(), token).ToString(), StringComparison.Ordinal);
    }

    private protected async Task<ApplicationCredential> CreateAsync()
    {
        var created = await Platform.CreateAsync("application", None);
        return new ApplicationCredential(created.Id, created.Token);
    }

    private protected static async Task RefusedAsync(int code, Func<Task> work)
    {
        var refusal = await Assert.ThrowsAsync<PlatformException>(work);
        Assert.Equal((400, code, true, false), (refusal.Status, refusal.Code, refusal.IsRefusal, refusal.NotSent));
        Assert.NotEmpty(refusal.Message);
    }

    /// <summary>One call of each method that works under an application's token.</summary>
    private protected Func<Task>[] Operations(ApplicationCredential credential) =>
    [
        () => Platform.ViewAsync(credential, None), () => Platform.DeleteAsync(credential, None),
        () => Platform.IssueTokenAsync(credential, None), () => Platform.ListTokensAsync(credential, None),
        () => Platform.RevokeTokenAsync(credential, ApiToken.Generate(), None),
        () => Platform.AddPushConfigurationsAsync(credential, new SenderRegistration(PushType.Gcm, "1", "key"), None),
        () => Platform.ListPushConfigurationsAsync(credential, PushType.Gcm, None),
        () => Platform.DeletePushConfigurationAsync(credential, PushType.Gcm, new string('0', 40), None),
        () => Platform.ViewCcuAsync(credential, None), () => Platform.ViewMauAsync(credential, new(2024, 5, 15), None),
        () => Platform.ViewDauAsync(credential, new(2024, 5, 15), None),
        () => Platform.ViewDailyCountsAsync(credential, new(2024, 5, 14), new(2024, 5, 15), None),
    ];

    private async Task<ApplicationCredential> IssueAsync(ApplicationCredential master) =>
        master with { Token = (await Platform.IssueTokenAsync(master, None)).Token };
}

/// <summary>The platform in this process. It is called without HTTP, so one head is enough.</summary>
public sealed class EmbeddedPlatformTests() : PlatformContract(Head.Server)
{
    private protected override Task<IPlatform> ConnectAsync(RunningGatehouse home) =>
        Task.FromResult(home.Services.GetRequiredService<IPlatform>());

    [Fact]
    public async Task A_token_does_nothing_at_another_application()
    {
        var master = await CreateAsync();
        var other = master with { Application = (await CreateAsync()).Application };
        foreach (var operation in Operations(other)) await RefusedAsync(400401, operation);
        Assert.Equal(2, (await Platform.ListAsync(100, null, None)).Applications.Count);
    }
}

/// <summary>The platform of another Gatehouse, over HTTP, on the server.</summary>
public sealed class HostedPlatformOnServerTests() : HostedPlatformTests(Head.Server);

/// <summary>The same on the Functions host.</summary>
public sealed class HostedPlatformOnFunctionsHostTests() : HostedPlatformTests(Head.FunctionsHost);

/// <summary>The platform of another Gatehouse, over HTTP.</summary>
public abstract class HostedPlatformTests(Head head) : PlatformContract(head)
{
    private RunningGatehouse facade = null!;

    public override async Task DisposeAsync()
    {
        await facade.DisposeAsync();
        await base.DisposeAsync();
    }

    private protected override async Task<IPlatform> ConnectAsync(RunningGatehouse home)
    {
        facade = await RunningGatehouse.StartHostedAsync(home.Api.Address, clock: Clock);
        return facade.Services.GetRequiredService<IPlatform>();
    }
}
