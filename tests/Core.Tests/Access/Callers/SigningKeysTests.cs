using Gatehouse.Access.Callers;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests.Access.Callers;

/// <summary>When the tenant's keys are read, how long they are used, and what happens when they cannot be read.</summary>
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
    public async Task Many_tokens_at_once_cause_one_read()
    {
        Assert.Equal(0, tenant.Reads);
        Assert.All(await AskManyAsync(50), status => Assert.Equal(AuthenticationStatus.Known, status));
        Assert.Equal(1, tenant.Reads);
    }

    [Fact]
    public async Task The_first_token_signed_with_a_new_key_is_accepted()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        Add(new TestKey("second", TestKey.Other));
        clock.Advance(SigningKeys.BetweenRefreshes);
        Assert.Equal(AuthenticationStatus.Known, await AskAsync(tenant.Keys[1]));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        Assert.Equal(2, tenant.Reads);
    }

    [Fact]
    public async Task Tokens_with_unknown_keys_cause_one_read_a_minute_at_most()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        for (var second = 0; second < 180; second++)
        {
            Assert.Equal(AuthenticationStatus.Refused, await AskAsync(new TestKey($"stranger-{second}", TestKey.Other)));
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        // The first read, one at once for the first unknown key, and one after each minute.
        Assert.Equal(4, tenant.Reads);
    }

    [Fact]
    public async Task A_token_that_is_invalid_in_another_way_causes_no_read()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        clock.Advance(SigningKeys.BetweenRefreshes);
        var claims = tenant.Claims(clock.GetUtcNow());
        claims["aud"] = "another";
        Assert.Equal(CredentialFault.Audience, (await callers.AuthenticateAsync(new TestKey("x", TestKey.Other).Sign(claims), None)).Fault);
        Assert.Equal(1, tenant.Reads);
    }

    [Fact]
    public async Task A_withdrawn_key_is_accepted_until_the_refresh_after_12_hours()
    {
        var withdrawn = tenant.Keys[0];
        Assert.Equal(AuthenticationStatus.Known, await AskAsync(withdrawn));
        lock (tenant.Keys) tenant.Keys[0] = new TestKey("second", TestKey.Other);
        clock.Advance(SigningKeys.RefreshAfter - TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync(withdrawn));
        clock.Advance(TimeSpan.FromSeconds(1));
        // The call that begins the refresh does not wait for it.
        Assert.Equal(AuthenticationStatus.Known, await AskAsync(withdrawn));
        await callers.Keys.Reading;
        Assert.Equal(AuthenticationStatus.Refused, await AskAsync(withdrawn));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
    }

    [Fact]
    public async Task Without_keys_tokens_are_neither_accepted_nor_called_invalid()
    {
        tenant.Before = _ => Task.FromResult(false);
        var result = await callers.AuthenticateAsync(tenant.Sign(tenant.Claims(clock.GetUtcNow())), None);
        Assert.Equal(AuthenticationStatus.Unavailable, result.Status);
        Assert.Equal(CredentialFault.KeysUnavailable, result.Fault);
        Assert.Null(result.Caller);

        // Not every token causes another read.
        Assert.All(await AskManyAsync(50), status => Assert.Equal(AuthenticationStatus.Unavailable, status));
        Assert.InRange(tenant.Reads, 1, 10);
        tenant.Before = _ => Task.FromResult(true);
        clock.Advance(SigningKeys.BetweenRefreshes);
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
    }

    [Fact]
    public async Task While_the_tenant_cannot_be_reached_its_last_keys_are_used_for_24_hours()
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
    public async Task Callers_do_not_wait_for_a_refresh_that_hangs()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        var asked = new TaskCompletionSource();
        tenant.Before = async context =>
        {
            asked.TrySetResult();
            await Waiting.UntilGoneAsync(context);
            return true;
        };
        clock.Advance(SigningKeys.RefreshAfter);
        // The clock stands still, so a caller that waited would wait for ever.
        Assert.All(await AskManyAsync(50), status => Assert.Equal(AuthenticationStatus.Known, status));
        await asked.Task;
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        clock.Advance(SigningKeys.ReadTimeout);
        Assert.Null(await callers.Keys.Reading);
        Assert.Equal(2, tenant.Reads);

        tenant.Before = _ => Task.FromResult(true);
        clock.Advance(SigningKeys.BetweenRefreshes);
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        Assert.NotNull(await callers.Keys.Reading);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_does_not_keep_keys_for_longer()
    {
        var wrong = new WrongClock(clock);
        using var other = new EntraCallers(tenant.Settings, wrong);
        Assert.True((await other.AuthenticateAsync(tenant.Sign(tenant.Claims(wrong.GetUtcNow())), None)).IsKnown);
        wrong.Error = TimeSpan.FromDays(-2);
        clock.Advance(SigningKeys.UsableFor);
        Assert.True((await other.AuthenticateAsync(tenant.Sign(tenant.Claims(wrong.GetUtcNow())), None)).IsKnown);
        Assert.Equal(2, tenant.Reads);
    }

    [Fact]
    public async Task After_a_failed_refresh_tokens_with_unknown_keys_cause_no_other_for_a_minute()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        tenant.Before = _ => Task.FromResult(false);
        clock.Advance(SigningKeys.BetweenRefreshes);
        var stranger = new TestKey("stranger", TestKey.Other);
        for (var second = 0; second < 120; second++)
        {
            Assert.Equal(AuthenticationStatus.Unavailable, await AskAsync(stranger));
            Assert.Equal(AuthenticationStatus.Known, await AskAsync());
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(3, tenant.Reads);
        tenant.Before = _ => Task.FromResult(true);
        Assert.Equal(AuthenticationStatus.Refused, await AskAsync(stranger));
    }

    [Fact]
    public async Task After_a_pause_of_days_the_keys_are_read_before_a_token_is_judged()
    {
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(AuthenticationStatus.Known, await AskAsync());
        Assert.Equal(2, tenant.Reads);
    }

    [Fact]
    public async Task A_read_that_hangs_ends_after_ten_seconds()
    {
        var asked = new TaskCompletionSource();
        tenant.Before = async context =>
        {
            asked.TrySetResult();
            await Waiting.UntilGoneAsync(context);
            return true;
        };
        var asking = AskAsync();
        await asked.Task;
        clock.Advance(SigningKeys.ReadTimeout);
        Assert.Equal(AuthenticationStatus.Unavailable, await asking);
    }

    [Fact]
    public async Task A_cancelled_caller_stops_waiting_and_the_read_continues_for_the_others()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource<bool>();
        tenant.Before = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        using var cancellation = new CancellationTokenSource();
        var token = tenant.Sign(tenant.Claims(clock.GetUtcNow()));
        var cancelled = callers.AuthenticateAsync(token, cancellation.Token).AsTask();
        await asked.Task;
        var waiting = AskAsync();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        answer.SetResult(true);
        Assert.Equal(AuthenticationStatus.Known, await waiting);
        Assert.Equal(1, tenant.Reads);
    }

    public static TheoryData<string> Garbage => ["", "[]", "{}", "not json", """{"jwks_uri":"http://127.0.0.1:1/"}""", new string(' ', 2_000_000)];

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Invalid_metadata_give_no_keys(string garbage)
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

    private Task<AuthenticationStatus[]> AskManyAsync(int tokens) =>
        Task.WhenAll(Enumerable.Range(0, tokens).Select(_ => AskAsync()));

    private async Task<AuthenticationStatus> AskAsync(TestKey? key = null) =>
        (await callers.AuthenticateAsync(tenant.Sign(tenant.Claims(clock.GetUtcNow()), key), None)).Status;
}
