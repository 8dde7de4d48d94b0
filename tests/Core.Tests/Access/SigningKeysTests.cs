using Gatehouse.Access;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests.Access;

/// <summary>How a tenant's keys come, go, and fail to come.</summary>
public sealed class SigningKeysTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TestClock clock = new();
    private TestTenant tenant = null!;
    private EntraCallers callers = null!;

    public async Task InitializeAsync()
    {
        tenant = await TestTenant.StartAsync();
        callers = new EntraCallers(tenant.Settings, clock);
    }

    public Task DisposeAsync() => tenant.DisposeAsync().AsTask();

    public void Dispose() => callers.Dispose();

    [Fact]
    public async Task The_tenant_is_asked_once_however_many_tokens_come_at_once()
    {
        Assert.Equal(0, tenant.Reads);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => AskAsync()));
        Assert.All(answers, status => Assert.Equal(AuthenticationStatus.Known, status));
        Assert.Equal(1, tenant.Reads);
    }

    [Fact]
    public async Task A_new_key_is_taken_at_the_first_token_that_names_it()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        Add(new TestKey("second", TestKey.Other));
        clock.Advance(SigningKeys.BetweenRefreshes);
        Assert.Equal(AuthenticationStatus.Known, await AskAsync(tenant.Keys[1]));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        Assert.Equal(2, tenant.Reads);
    }

    [Fact]
    public async Task Tokens_of_unknown_keys_make_the_tenant_be_asked_once_a_minute_at_most()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        for (var second = 0; second < 180; second++)
        {
            Assert.Equal(AuthenticationStatus.Refused, await AskAsync(new TestKey($"stranger-{second}", TestKey.Other)));
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(3, tenant.Reads);
    }

    [Fact]
    public async Task A_token_that_is_wrong_in_anything_else_does_not_make_the_tenant_be_asked()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        clock.Advance(SigningKeys.BetweenRefreshes);
        var claims = tenant.Claims(clock.GetUtcNow());
        claims["aud"] = "another";
        Assert.Equal(CredentialFault.Audience, (await callers.AuthenticateAsync(new TestKey("x", TestKey.Other).Sign(claims), None)).Fault);
        Assert.Equal(1, tenant.Reads);
    }

    [Fact]
    public async Task A_key_that_was_withdrawn_is_good_no_longer_than_12_hours()
    {
        var withdrawn = tenant.Keys[0];
        Assert.Equal(AuthenticationStatus.Known, await AskAsync(withdrawn));
        lock (tenant.Keys) tenant.Keys[0] = new TestKey("second", TestKey.Other);
        clock.Advance(SigningKeys.RefreshAfter - TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync(withdrawn));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Refused, await AskAsync(withdrawn));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
    }

    [Fact]
    public async Task Without_keys_nobody_passes_and_nobody_is_told_that_the_token_is_bad()
    {
        tenant.Before = _ => Task.FromResult(false);
        var result = await callers.AuthenticateAsync(tenant.Sign(tenant.Claims(clock.GetUtcNow())), None);
        Assert.Equal(AuthenticationStatus.Unavailable, result.Status);
        Assert.Equal(CredentialFault.KeysUnavailable, result.Fault);
        Assert.Null(result.Caller);

        // Not asked again with every token that comes; but soon.
        var reads = tenant.Reads;
        tenant.Before = _ => Task.FromResult(true);
        Assert.Equal(AuthenticationStatus.Unavailable, await AskAsync());
        Assert.Equal(reads, tenant.Reads);
        clock.Advance(SigningKeys.BetweenFailures);
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
    }

    [Fact]
    public async Task While_the_tenant_cannot_be_reached_its_last_keys_hold_for_24_hours()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        tenant.Before = _ => Task.FromResult(false);
        clock.Advance(SigningKeys.RefreshAfter);
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        Assert.Equal(AuthenticationStatus.Unavailable, await AskAsync(new TestKey("perhaps-new", TestKey.Other)));
        clock.Advance(SigningKeys.UsableFor - SigningKeys.RefreshAfter - TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Unavailable, await AskAsync());
    }

    [Fact]
    public async Task A_tenant_that_does_not_answer_is_given_up_after_ten_seconds()
    {
        var asked = new TaskCompletionSource();
        tenant.Before = async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        var asking = AskAsync();
        await asked.Task;
        clock.Advance(SigningKeys.Patience);
        Assert.Equal(AuthenticationStatus.Unavailable, await asking);
    }

    [Fact]
    public async Task A_caller_that_gives_up_gives_up_waiting_and_the_others_get_their_keys()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource<bool>();
        tenant.Before = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        using var impatience = new CancellationTokenSource();
        var token = tenant.Sign(tenant.Claims(clock.GetUtcNow()));
        var impatient = callers.AuthenticateAsync(token, impatience.Token).AsTask();
        await asked.Task;
        var patient = AskAsync();
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        answer.SetResult(true);
        Assert.Equal(AuthenticationStatus.Known, await patient);
        Assert.Equal(1, tenant.Reads);
    }

    public static TheoryData<string> Garbage => ["", "[]", "{}", "not json", """{"jwks_uri":"http://127.0.0.1:1/"}""", new string(' ', 2_000_000)];

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_for_metadata_is_no_keys(string garbage)
    {
        tenant.Before = async context =>
        {
            await context.Response.WriteAsync(garbage);
            await context.Response.CompleteAsync();
            context.Abort();
            return true;
        };
        Assert.Equal(AuthenticationStatus.Unavailable, await AskAsync());
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        tenant.Before = context =>
        {
            context.Response.Redirect(context.Request.Path + "?again");
            return Task.FromResult(context.Request.QueryString.HasValue);
        };
        Assert.Equal(AuthenticationStatus.Unavailable, await AskAsync());
    }

    private void Add(TestKey key)
    {
        lock (tenant.Keys) tenant.Keys.Add(key);
    }

    private async Task<AuthenticationStatus> AskAsync(TestKey? key = null) =>
        (await callers.AuthenticateAsync(tenant.Sign(tenant.Claims(clock.GetUtcNow()), key), None)).Status;
}
