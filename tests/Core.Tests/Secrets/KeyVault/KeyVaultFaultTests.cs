using System.Diagnostics.Tracing;
using Azure.Core.Diagnostics;
using Azure.Identity;
using Gatehouse.Secrets;
using Gatehouse.Secrets.KeyVault;
using Gatehouse.Tests.KeyVault;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests.Secrets.KeyVault;

/// <summary>
/// Key Vault down, slow, throttling, refusing and malformed: the errors that callers get, and the requests that are sent.
/// </summary>
public sealed class KeyVaultFaultTests : IAsyncLifetime
{
    private const string Name = "master-token-1";
    private const string Value = "5add197438b9bc373af63a0f043daa93820dc474";

    private static readonly CancellationToken None = CancellationToken.None;

    private KeyVaultDouble service = null!;

    public async Task InitializeAsync() => service = await KeyVaultDouble.StartAsync(KeyVaultDouble.RunningClock());

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task The_challenge_is_answered_with_a_token_for_the_resource_it_names()
    {
        var vault = Open();
        await vault.SetAsync(Name, Value, None);
        await vault.GetAsync(Name, None);

        Assert.Equal(["https://vault.azure.net/.default"], service.Credential.Scopes);
        Assert.Equal(1, service.Credential.Issued);
        Assert.Equal([$"PUT /secrets/{Name}", $"GET /secrets/{Name}"], service.Requests.Select(request => request.TrimEnd('/')));
    }

    [Fact]
    public async Task A_challenge_for_another_domain_gets_no_token()
    {
        service.Resource = "https://vault.example.com";
        var e = await Refused(vault => vault.SetAsync(Name, Value, None));
        Assert.Equal(0, service.Credential.Issued);
        Assert.Contains("malformed", e.Message);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(500)]
    public async Task A_temporary_failure_is_retried(int status)
    {
        service.FailNext(times: 2, status, retryAfter: "20", header: "retry-after-ms");
        await Open().SetAsync(Name, Value, None);
        Assert.Equal(3, service.Requests.Count);
        Assert.Equal([Value], service.Secrets.Values(Name));
    }

    [Fact]
    public async Task A_vault_that_keeps_throttling_gives_the_caller_its_Retry_After()
    {
        service.FailNext(times: int.MaxValue, status: 429, retryAfter: "1");
        var e = await Refused(vault => vault.GetAsync(Name, None));
        Assert.Equal(TimeSpan.FromSeconds(1), e.RetryAfter);
        Assert.Equal(1 + TestTimeouts.Short.Retries, service.Requests.Count);
    }

    [Theory]
    [InlineData("40", 40)]
    [InlineData("Fri, 31 Dec 2077 23:59:59 GMT", null)]
    public async Task A_Retry_After_longer_than_the_call_is_not_waited_for(string retryAfter, int? seconds)
    {
        service.FailNext(times: int.MaxValue, status: 429, retryAfter);
        var e = await Refused(vault => vault.GetAsync(Name, None));
        Assert.Single(service.Requests);
        if (seconds is { } known) Assert.Equal(TimeSpan.FromSeconds(known), e.RetryAfter);
        else Assert.True(e.RetryAfter > TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task A_vault_that_cannot_answer_gives_a_Retry_After()
    {
        service.FailNext(times: int.MaxValue, status: 503);
        var e = await Refused(vault => vault.GetOrAddAsync(Name, Value, None));
        Assert.True(e.RetryAfter > TimeSpan.Zero);
        Assert.Contains("503", e.Message);
    }

    [Fact]
    public async Task A_slow_vault_ends_the_call_at_its_timeout()
    {
        service.Before = NeverAnswers;
        var e = await Refused(
            vault => vault.GetAsync(Name, None), TestTimeouts.Short with { Call = TimeSpan.FromMilliseconds(200) });
        Assert.Contains("in time", e.Message);
        Assert.True(e.RetryAfter > TimeSpan.Zero);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task A_request_that_hangs_is_retried()
    {
        var hung = false;
        service.Before = context =>
        {
            if (hung) return Task.FromResult(false);
            hung = true;
            return NeverAnswers(context);
        };
        await Open(TestTimeouts.Short with { Attempt = TimeSpan.FromMilliseconds(200) }).SetAsync(Name, Value, None);
        Assert.Equal([Value], service.Secrets.Values(Name));
    }

    [Fact]
    public async Task A_vault_that_hangs_at_every_attempt_times_out()
    {
        service.Before = NeverAnswers;
        var e = await Refused(
            vault => vault.GetAsync(Name, None), TestTimeouts.Short with { Attempt = TimeSpan.FromMilliseconds(50) });
        Assert.True(e.RetryAfter > TimeSpan.Zero);
        Assert.Equal(1 + TestTimeouts.Short.Retries, service.Requests.Count);
    }

    [Fact]
    public async Task A_cancelled_call_throws_OperationCanceledException()
    {
        using var caller = new CancellationTokenSource();
        service.Before = context =>
        {
            caller.Cancel();
            return NeverAnswers(context);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Open().GetAsync(Name, caller.Token));
    }

    [Fact]
    public async Task A_vault_that_is_down_is_reported_as_unreachable()
    {
        var vault = Open();
        await vault.SetAsync(Name, Value, None);
        service.Before = context =>
        {
            context.Abort();
            return Task.FromResult(true);
        };
        var e = await Assert.ThrowsAsync<VaultException>(async () => await vault.GetAsync(Name, None));
        Assert.Contains("cannot be reached", e.Message);
        Assert.True(e.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_missing_credential_is_reported()
    {
        service.Credential.Failure = new CredentialUnavailableException("No managed identity endpoint found.");
        var e = await Refused(vault => vault.GetAsync(Name, None));
        Assert.Contains("no credential", e.Message);
        Assert.Null(e.RetryAfter);
        Assert.Empty(service.Requests);
    }

    [Fact]
    public async Task An_expired_credential_is_reported()
    {
        service.Credential.Failure = new AuthenticationFailedException("AADSTS7000222: The provided client secret keys are expired.");
        var e = await Refused(vault => vault.GetAsync(Name, None));
        Assert.Contains("expired", e.Message);
        Assert.Null(e.RetryAfter);
    }

    [Fact]
    public async Task An_expired_token_is_renewed()
    {
        service.Credential.Lifetime = TimeSpan.Zero;
        var vault = Open();
        await vault.SetAsync(Name, Value, None);
        await vault.GetAsync(Name, None);
        Assert.Equal(2, service.Credential.Issued);
    }

    [Fact]
    public async Task A_token_that_the_vault_does_not_accept_is_reported()
    {
        var vault = Open();
        await vault.SetAsync(Name, Value, None);
        service.Credential.Revoke();
        var e = await Assert.ThrowsAsync<VaultException>(async () => await vault.GetAsync(Name, None));
        Assert.Contains("does not accept", e.Message);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("set")]
    [InlineData("list")]
    [InlineData("delete")]
    public async Task A_missing_permission_is_reported_with_the_role_that_is_needed(string operation)
    {
        await Open().SetAsync(Name, Value, None);
        service.Secrets.Add("made", Value, new string('0', 32), "candidate");
        service.Forbidden.Add(operation);
        var e = await Refused(async vault =>
        {
            if (operation == "get") await vault.GetAsync(Name, None);
            if (operation == "set") await vault.SetAsync(Name, Value, None);
            if (operation == "list") await vault.GetAsync("made", None);
            if (operation == "delete") await vault.DeleteAsync(Name, None);
        });
        Assert.Contains("ForbiddenByRbac", e.Message);
        Assert.Contains("Key Vault Secrets Officer", e.Message);
        Assert.Null(e.RetryAfter);
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "<html>Sign in to the guest network</html>")]
    [InlineData(200, "[]")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"value": 1, "id": "x", "attributes": 3}""")]
    [InlineData(200, """{"value": "5add197438b9bc373af63a0f043daa93820dc474"}""")]
    [InlineData(200, """{"value": "5add197438b9bc373af63a0f043daa93820dc474", "id": "https://elsewhere.example/x"}""")]
    [InlineData(200, """{"value": "5add197438b9bc373af63a0f043daa93820dc474", "id": 7, "tags": "none"}""")]
    [InlineData(200, """{"value": "5add197438b9bc373af63a0f043daa93820dc474", """)]
    [InlineData(400, """{"error": "5add197438b9bc373af63a0f043daa93820dc474"}""")]
    [InlineData(403, """5add197438b9bc373af63a0f043daa93820dc474""")]
    [InlineData(404, "5add197438b9bc373af63a0f043daa93820dc474")]
    [InlineData(404, """{"error": {"code": "NotFound", "message": "5add197438b9bc373af63a0f043daa93820dc474"}}""")]
    [InlineData(418, """{"error": {"code": 5, "innererror": []}}""")]
    public async Task An_answer_that_is_not_from_Key_Vault_is_a_failure_and_not_a_missing_secret(int status, string body)
    {
        service.AnswerWith(status, body);
        foreach (var ask in new Func<ISecretVault, Task>[]
        {
            async vault => await vault.GetAsync(Name, None),
            async vault => await vault.SetAsync(Name, Value, None),
            async vault => await vault.GetOrAddAsync(Name, Value, None),
        })
        {
            var e = await Assert.ThrowsAsync<VaultException>(() => ask(Open()));
            Assert.DoesNotContain(Value, e.ToString());
        }
    }

    [Fact]
    public async Task Logs_and_exceptions_of_the_client_hold_no_secret()
    {
        var logged = new List<string>();
        using var listener = new AzureEventSourceListener((_, message) => logged.Add(message), EventLevel.LogAlways);
        await Open().SetAsync(Name, Value, None);
        await Open().GetAsync(Name, None);
        service.FailNext(times: int.MaxValue, status: 500);
        var e = await Refused(vault => vault.SetAsync(Name, Value, None));

        Assert.NotEmpty(logged);
        Assert.DoesNotContain(logged, message => message.Contains(Value, StringComparison.Ordinal));
        Assert.DoesNotContain(Value, e.ToString());
    }

    private static async Task<bool> NeverAnswers(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        using (context.RequestAborted.Register(gone.SetResult)) await gone.Task;
        return true;
    }

    private KeyVaultSecretVault Open(KeyVaultTimeouts? timeouts = null) => KeyVaultSecretVault.Open(
        service.Address, service.Credential, timeouts ?? TestTimeouts.Short, TimeProvider.System, service.Transport);

    private Task<VaultException> Refused<T>(Func<ISecretVault, ValueTask<T>> ask, KeyVaultTimeouts? timeouts = null) =>
        Assert.ThrowsAsync<VaultException>(async () => await ask(Open(timeouts)));

    private Task<VaultException> Refused(Func<ISecretVault, Task> ask) => Assert.ThrowsAsync<VaultException>(() => ask(Open()));
}
