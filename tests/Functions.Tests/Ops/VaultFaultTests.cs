using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Secrets.KeyVault;
using Gatehouse.Tests;
using Gatehouse.Tests.KeyVault;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>The facade with a Key Vault that is down, slow, throttling or refusing, over HTTP on both sides.</summary>
public abstract class VaultFaultTests(Head head)
{
    private const string Pier = """{"name":"Pier"}""";
    private const string Worker = """{"label":"worker","deliver":"vault"}""";

    private static readonly KeyVaultTimeouts Timeouts = new(
        Call: TimeSpan.FromSeconds(30), Attempt: TimeSpan.FromSeconds(10), Retries: 1, FirstDelay: TimeSpan.FromMilliseconds(1),
        LongestDelay: TimeSpan.FromMilliseconds(10), Poll: TimeSpan.FromMilliseconds(5));

    [Theory]
    [InlineData("down", 10)]
    [InlineData("slow", 10)]
    [InlineData("throttling", 40)]
    [InlineData("refusing", null)]
    [InlineData("firewall", null)]
    [InlineData("wrong", 10)]
    public async Task A_call_is_503_with_Retry_After_nothing_stays_half_done_and_no_log_has_a_secret(string fault, int? retryAfter)
    {
        await using var service = await KeyVaultDouble.StartAsync();
        using var logs = new RecordedLogs();
        var secrets = new ConcurrentQueue<string>();
        var isWell = true;
        service.Before = async context =>
        {
            await RecordAsync(context, secrets);
            return !isWell && await FailAsync(context, fault);
        };
        // A slow vault times out soon. A working vault has a long timeout, so a slow machine does not fail the test.
        var vault = new Either(
            Open(service, Timeouts), Open(service, Timeouts with { Attempt = TimeSpan.FromMilliseconds(50) }),
            () => fault == "slow" && !isWell);
        await using var gatehouse = await head.StartAsync(
            logs: logs, configure: services => services.AddSingleton<ISecretVault>(vault));
        var created = await SendAsync(gatehouse, "/ops/v1/applications", """{"name":"Harbour"}""", "key-0");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var path = $"/ops/v1/applications/{JsonElement.Parse(created.Text).GetProperty("app_id").GetString()}";

        isWell = false;
        await RefusedAsync(gatehouse, "/ops/v1/applications", Pier, "key-1", retryAfter);
        await RefusedAsync(gatehouse, $"{path}/tokens", Worker, "key-2", retryAfter);
        isWell = true;

        if (retryAfter is null)
        {
            var cause = fault == "firewall" ? "firewall refuses this address" : "needs the role Key Vault Secrets Officer";
            Assert.Contains(logs.Lines, line => line.Contains(cause, StringComparison.Ordinal));
        }

        // The timer undoes what could not be undone without the vault.
        Assert.Empty((await gatehouse.Services.GetRequiredService<Leases>().RunAsync(default)).Failures);
        var tokens = (await gatehouse.Api.GetAsync($"{path}/tokens", Credential.Ops)).Ok();
        Assert.Equal(0, tokens.GetProperty("tokens").GetArrayLength());
        Assert.Equal(0, tokens.GetProperty("token_slots").GetProperty("used").GetInt32());
        Assert.Equal(["Harbour"], await NamesAsync(gatehouse));
        var failed = (await gatehouse.Api.GetAsync("/ops/v1/audit?outcome=failed", Credential.Ops)).Ok().GetProperty("entries");
        Assert.Equal(["OpsIssueToken", "OpsCreateApplication"], failed.EnumerateArray().Select(entry => entry.GetProperty("operation").GetString()));

        // The same requests succeed when they are sent again.
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(gatehouse, "/ops/v1/applications", Pier, "key-1")).Status);
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(gatehouse, $"{path}/tokens", Worker, "key-2")).Status);
        Assert.Equal(["Harbour", "Pier"], (await NamesAsync(gatehouse)).Order());
        Assert.NotEmpty(secrets);
        foreach (var secret in secrets)
            Assert.DoesNotContain(logs.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    private static KeyVaultSecretVault Open(KeyVaultDouble service, KeyVaultTimeouts timeouts) =>
        KeyVaultSecretVault.Open(service.Address, service.Credential, timeouts, TimeProvider.System, service.Transport);

    private static async Task RecordAsync(HttpContext context, ConcurrentQueue<string> secrets)
    {
        if (!HttpMethods.IsPut(context.Request.Method)) return;
        context.Request.EnableBuffering();
        var body = await JsonDocument.ParseAsync(context.Request.Body);
        context.Request.Body.Position = 0;
        if (body.RootElement.GetProperty("value").GetString() is { Length: 40 } token) secrets.Enqueue(token);
    }

    private static async Task<bool> FailAsync(HttpContext context, string fault)
    {
        switch (fault)
        {
            case "slow":
                await Waiting.UntilGoneAsync(context);
                return true;
            case "throttling":
                context.Response.Headers.RetryAfter = "40";
                await KeyVaultDouble.RefuseAsync(context, 429, "Throttled", "Request was not processed.");
                return true;
            case "refusing":
                await KeyVaultDouble.RefuseAsync(context, 403, "Forbidden", "Caller is not authorized to perform action on resource.", "ForbiddenByRbac");
                return true;
            case "firewall":
                await KeyVaultDouble.RefuseAsync(context, 403, "Forbidden", "Client address is not authorized.", "ForbiddenByFirewall");
                return true;
            case "wrong":
                await context.Response.WriteAsync("{");
                return true;
            default:
                await KeyVaultDouble.RefuseAsync(context, 503, "ServiceUnavailable", "Request was not processed.");
                return true;
        }
    }

    private static async Task RefusedAsync(RunningGatehouse gatehouse, string path, string json, string key, int? retryAfter)
    {
        var (status, text, after) = await SendAsync(gatehouse, path, json, key);
        new Answer(status, "application/problem+json", text).Problem(HttpStatusCode.ServiceUnavailable, retryAfter is null ? "vault-refused" : "vault-unavailable");
        Assert.Equal(retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null, after);
    }

    private static async Task<IEnumerable<string>> NamesAsync(RunningGatehouse gatehouse) =>
        (await gatehouse.Api.GetAsync("/v3/applications", gatehouse.Api.Organization)).Ok()
            .GetProperty("applications").EnumerateArray().Select(one => one.GetProperty("name").GetString()!);

    private static async Task<(HttpStatusCode Status, string Text, TimeSpan? RetryAfter)> SendAsync(
        RunningGatehouse gatehouse, string path, string json, string key)
    {
        using var http = new HttpClient { BaseAddress = gatehouse.Api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8) };
        Credential.Ops.AddTo(request);
        request.Headers.Add("Idempotency-Key", key);
        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.RetryAfter?.Delta);
    }

    /// <summary>One vault, through either of two clients.</summary>
    private sealed class Either(ISecretVault first, ISecretVault second, Func<bool> isSecond) : ISecretVault
    {
        private ISecretVault Vault => isSecond() ? second : first;

        public ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation) => Vault.GetAsync(name, cancellation);

        public ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation) =>
            Vault.SetAsync(name, value, description, cancellation);

        public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation) =>
            Vault.GetOrAddAsync(name, value, cancellation);

        public ValueTask DeleteAsync(string name, CancellationToken cancellation) => Vault.DeleteAsync(name, cancellation);
    }
}

public sealed class VaultFaultOnServerTests() : VaultFaultTests(Head.Server);

public sealed class VaultFaultOnFunctionsHostTests() : VaultFaultTests(Head.FunctionsHost);
