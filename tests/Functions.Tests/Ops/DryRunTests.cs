using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Custody;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>Every change of <c>/ops/v1</c> with <c>?dry_run=true</c> tells what would happen, and changes nothing.</summary>
public abstract partial class DryRunTests(Head head) : IAsyncLifetime
{
    private RunningGatehouse gatehouse = null!;
    private string path = "";

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync();
        var created = (await Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""")).Body;
        path = $"/ops/v1/applications/{created.GetProperty("app_id").GetString()}";
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Fact]
    public async Task No_dry_run_changes_anything()
    {
        var token = await IssueAsync("worker", "vault", """, "rotate_every_seconds":3600""");
        var push = (await Api.PostAsync($"{path}/push/fcm", Credential.Ops, """{"sender_id":"1","server_key":"k"}""")).Body.GetProperty("id").GetString();
        var before = await StateAsync();
        foreach (var (method, target, body) in ((string, string, string?)[])
        [
            ("POST", "/ops/v1/applications?dry_run=true", """{"name":"Pier"}"""),
            ("POST", "/ops/v1/applications/adopt?dry_run=true", null),
            ("PUT", $"{path}?dry_run=true", null),
            ("DELETE", $"{path}?confirm=Harbour&dry_run=true", null),
            ("POST", $"{path}/tokens?dry_run=true", """{"label":"bot","deliver":"vault"}"""),
            ("POST", $"{path}/tokens/{token}/rotate?dry_run=true", null),
            ("DELETE", $"{path}/tokens/{token}?dry_run=true", null),
            ("POST", $"{path}/push/fcm?dry_run=true", """{"sender_id":"2","server_key":"k"}"""),
            ("DELETE", $"{path}/push/gcm/{push}?dry_run=true", null),
            ("POST", $"{path}/events?dry_run=true", $$"""{"events":[{"type":"active","user_id":"u","at":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}]}"""),
            ("PUT", $"{path}/limits?dry_run=true", """{"user_messages_per_second":1,"channel_messages_per_second":0}"""),
            ("POST", $"{path}/daily_counts/backfill?dry_run=true", """{"from":"2024-01-01","to":"2024-01-31"}"""),
        ])
        {
            var answer = await Api.SendAsync(new HttpMethod(method), target, Credential.Ops, body is null ? null : new StringContent(body, Encoding.UTF8));
            Assert.True(answer.Ok().GetProperty("dry_run").GetBoolean(), target);
        }
        Assert.Equal(before, await StateAsync());
    }

    [Fact]
    public async Task A_new_application_and_a_new_token_are_told()
    {
        Assert.Equal(
            ["create application: Pier is created at the platform.", "store secret: Its master token is stored in the vault."],
            await TellAsync("POST", "/ops/v1/applications?dry_run=true", """{"name":"Pier"}"""));
        Assert.Equal(
            [
                "issue label:bot: A token for local, delivered to the vault. It has no end. It is replaced every 86400 seconds.",
                $"store secret:token-{path.Split('/')[^1]}-bot: The token is written into the vault, as the secret's newest version.",
            ],
            await TellAsync("POST", $"{path}/tokens?dry_run=true", """{"label":"bot","deliver":"vault","rotate_every_seconds":86400}"""));
        var told = await TellAsync("POST", $"{path}/tokens?dry_run=true", """{"label":"bot","deliver":"response","expires_in_seconds":60}""");
        Assert.Matches(@"^issue label:bot: A token for local, delivered in the answer\. It ends at \d{4}-\d\d-\d\dT[0-9:.]+Z\.$", Assert.Single(told));
    }

    [Fact]
    public async Task A_rotation_and_a_revocation_are_told()
    {
        var token = await IssueAsync("worker", "vault");
        var secret = $"secret:token-{path.Split('/')[^1]}-worker";
        var rotation = await TellAsync("POST", $"{path}/tokens/{token}/rotate?dry_run=true", """{"overlap_seconds":0}""");
        Assert.Equal(
            [
                "issue label:worker: The next token for local, delivered to the vault.",
                $"store {secret}: The token is written into the vault, as the secret's newest version.",
                $"revoke token:{token}: The token worker of local stops working at once.",
            ],
            rotation);
        Assert.Matches(
            @"stops working at \d{4}-", (await TellAsync("POST", $"{path}/tokens/{token}/rotate?dry_run=true", """{"overlap_seconds":60}"""))[2]);
        Assert.Equal(
            [$"revoke token:{token}: The token worker of local stops working at once.", $"remove {secret}: The secret is removed from the vault."],
            await TellAsync("DELETE", $"{path}/tokens/{token}?dry_run=true"));
    }

    [Fact]
    public async Task The_end_of_a_replaced_token_and_of_one_without_a_lease_is_told()
    {
        var old = await IssueAsync("bot", "response");
        (await Api.PostAsync($"{path}/tokens/{old}/rotate", Credential.Ops, """{"overlap_seconds":600}""")).Created();
        Assert.Equal(
            [$"revoke token:{old}: The token bot of local stops working at once."], await TellAsync("DELETE", $"{path}/tokens/{old}?dry_run=true"));
        await Api.PostAsync("/v3/applications/api_tokens", await MasterAsync());
        var listed = (await Api.GetAsync($"{path}/tokens", Credential.Ops)).Ok().GetProperty("tokens");
        var unmanaged = listed.EnumerateArray().Single(one => one.GetProperty("state").GetString() == "unmanaged").GetProperty("token_id").GetString();
        Assert.Equal(
            [$"revoke token:{unmanaged}: A token without a lease. It stops working at once."],
            await TellAsync("DELETE", $"{path}/tokens/{unmanaged}?dry_run=true"));
    }

    [Fact]
    public async Task A_deletion_tells_everything_that_goes_with_the_application()
    {
        var token = await IssueAsync("worker", "vault");
        var id = path.Split('/')[^1];
        Assert.Equal(
            [
                $"delete application:{id}: Harbour is deleted at the platform, with its users, channels, messages and push credentials. It cannot be restored.",
                $"revoke token:{token}: The token worker of local stops working at once.",
                $"remove secret:token-{id}-worker: The secret is removed from the vault.",
                $"remove secret:{MasterTokens.SecretName(AppId.TryParse(id)!.Value)}: The master token is removed from the vault.",
            ],
            await TellAsync("DELETE", $"{path}?confirm=Harbour&dry_run=true"));
    }

    [Fact]
    public async Task A_deletion_without_a_master_token_tells_that_the_platform_keeps_the_application()
    {
        await IssueAsync("worker", "vault");
        var id = path.Split('/')[^1];
        await Vault.DeleteAsync(MasterTokens.SecretName(AppId.TryParse(id)!.Value), default);
        // The vault's value is used for a while; registering reads it again.
        (await Api.SendAsync(HttpMethod.Put, path, Credential.Ops)).Problem(HttpStatusCode.Conflict, "master-token-missing");
        Assert.Equal(
            [
                $"remove application:{id}: Harbour is removed from custody. Nothing is deleted at the platform, because the vault has no master token.",
                $"remove secret:token-{id}-worker: The secret is removed from the vault.",
            ],
            await TellAsync("DELETE", $"{path}?confirm=Harbour&dry_run=true"));
        Assert.Equal(HttpStatusCode.NoContent, (await Api.DeleteAsync($"{path}?confirm=Harbour", Credential.Ops)).Status);
        Assert.Contains(id, (await Api.GetAsync("/v3/applications", Api.Organization)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adoption_and_a_registration_are_told()
    {
        var foreign = await Api.CreateApplicationAsync("Foreign");
        var would = (await Api.PostAsync("/ops/v1/applications/adopt?dry_run=true", Credential.Ops)).Ok();
        Assert.Equal([foreign.Id], would.GetProperty("adopted").EnumerateArray().Select(one => one.GetString()));
        Assert.True(would.GetProperty("dry_run").GetBoolean());

        await Vault.SetAsync(MasterTokens.SecretName(AppId.TryParse(foreign.Id)!.Value), foreign.Master.Value, default);
        var target = $"/ops/v1/applications/{foreign.Id}";
        Assert.Equal([$"adopt application:{foreign.Id}: Foreign is taken into custody."], await TellAsync("PUT", $"{target}?dry_run=true"));
        (await Api.GetAsync(target, Credential.Ops)).Problem(HttpStatusCode.NotFound, "unknown-application");

        var first = await Api.SendAsync(HttpMethod.Put, target, Credential.Ops);
        Assert.Equal((HttpStatusCode.Created, target), (first.Status, first.Location));
        var second = await Api.SendAsync(HttpMethod.Put, target, Credential.Ops);
        Assert.Equal((HttpStatusCode.OK, null, first.Text), (second.Status, second.Location, second.Text));
        Assert.StartsWith($"set application:{foreign.Id}: Foreign is in custody.", Assert.Single(await TellAsync("PUT", $"{target}?dry_run=true")), StringComparison.Ordinal);

        (await Api.DeleteAsync("/v3/applications", foreign.Master)).Ok();
        would = (await Api.PostAsync("/ops/v1/applications/adopt?dry_run=true", Credential.Ops)).Ok();
        Assert.Equal([foreign.Id], would.GetProperty("removed").EnumerateArray().Select(one => one.GetString()));
        var held = (await Api.GetAsync("/ops/v1/applications", Credential.Ops)).Ok().GetProperty("applications").EnumerateArray();
        Assert.Contains(foreign.Id, held.Select(one => one.GetProperty("app_id").GetString()));
    }

    [Fact]
    public async Task Limits_days_and_events_are_told()
    {
        Assert.Equal(
            [
                $"set application:{path.Split('/')[^1]}: A user may send 1 messages a second, before 5 messages a second; "
                + "a channel shows any number of messages a second, before 5 messages a second.",
            ],
            await TellAsync("PUT", $"{path}/limits?dry_run=true", """{"user_messages_per_second":1,"channel_messages_per_second":0}"""));
        Assert.StartsWith(
            "archive days:2024-01-01..2024-01-31: 31 days are read",
            Assert.Single(await TellAsync("POST", $"{path}/daily_counts/backfill?dry_run=true", """{"from":"2024-01-01","to":"2024-01-31"}""")),
            StringComparison.Ordinal);
        Assert.Contains(
            ": 0 valid events are recorded.", Assert.Single(await TellAsync("POST", $"{path}/events?dry_run=true", """{"events":[]}""")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_is_refused_as_the_change_would_be()
    {
        await IssueAsync("worker", "vault");
        foreach (var (method, target, body, status, type) in ((string, string, string?, HttpStatusCode, string)[])
        [
            ("POST", "/ops/v1/applications", """{"name":""}""", HttpStatusCode.BadRequest, "invalid-request"),
            ("POST", $"{path}/tokens", """{"label":"worker","deliver":"response"}""", HttpStatusCode.Conflict, "label-taken"),
            ("POST", $"{path}/tokens", """{"label":"No","deliver":"response"}""", HttpStatusCode.BadRequest, "invalid-request"),
            ("POST", $"{path}/tokens/0123456789abcdef/rotate", null, HttpStatusCode.NotFound, "unknown-token"),
            ("DELETE", $"{path}/tokens/0123456789abcdef", null, HttpStatusCode.NotFound, "unknown-token"),
            ("DELETE", $"{path}?confirm=Pier", null, HttpStatusCode.Conflict, "not-confirmed"),
            ("DELETE", $"{path}/push/apns/1", null, HttpStatusCode.NotFound, "not-found"),
            ("PUT", $"/ops/v1/applications/{AppId.Generate()}", null, HttpStatusCode.Conflict, "master-token-missing"),
            ("POST", $"{path}/daily_counts/backfill", """{"from":"2024-02-01","to":"2024-01-01"}""", HttpStatusCode.BadRequest, "invalid-request"),
            ("PUT", $"{path}/limits", """{"user_messages_per_second":-1,"channel_messages_per_second":0}""", HttpStatusCode.BadRequest, "invalid-request"),
        ])
        {
            var separator = target.Contains('?', StringComparison.Ordinal) ? "&" : "?";
            foreach (var query in (string[])["", $"{separator}dry_run=true", $"{separator}dry_run=false"])
            {
                using var content = body is null ? null : new StringContent(body, Encoding.UTF8);
                (await Api.SendAsync(new HttpMethod(method), target + query, Credential.Ops, content)).Problem(status, type);
            }
        }
    }

    [Fact]
    public async Task A_dry_run_is_no_try_of_its_Idempotency_Key()
    {
        foreach (var query in (string[])["?dry_run=true", "", ""])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{path}/tokens{query}")
            {
                Content = new StringContent("""{"label":"bot","deliver":"response"}""", Encoding.UTF8),
            };
            Credential.Ops.AddTo(request);
            request.Headers.Add("Idempotency-Key", "one");
            Assert.Equal(query.Length > 0 ? HttpStatusCode.OK : HttpStatusCode.Created, (await Api.SendAsync(request)).Status);
        }
    }

    [Fact]
    public async Task A_dry_run_refuses_an_Idempotency_Key_that_is_not_valid()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{path}/tokens?dry_run=true")
        {
            Content = new StringContent("""{"label":"bot","deliver":"response"}""", Encoding.UTF8),
        };
        Credential.Ops.AddTo(request);
        request.Headers.Add("Idempotency-Key", new string('x', 300));
        (await Api.SendAsync(request)).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task A_push_credential_for_which_there_is_no_room_is_refused_as_the_change_is()
    {
        for (var number = 0; number < 50; number++)
            (await Api.PostAsync($"{path}/push/fcm", Credential.Ops, $$"""{"sender_id":"{{number}}","server_key":"k"}""")).Created();
        foreach (var query in (string[])["", "?dry_run=true"])
        {
            (await Api.PostAsync($"{path}/push/fcm{query}", Credential.Ops, """{"sender_id":"50","server_key":"k"}""")).Problem(HttpStatusCode.Conflict, "no-free-slot");
            using var account = Form.Of(("service_account_key", Encoding.UTF8.GetBytes(TestServiceAccounts.Json().ToJsonString())));
            (await Api.SendAsync(HttpMethod.Post, $"{path}/push/fcm{query}", Credential.Ops, account)).Problem(HttpStatusCode.Conflict, "no-free-slot");
            using var certificate = Form.Of(("certificate", TestCertificates.P12(CertificateKind.Production)), ("password", TestCertificates.Password));
            (await Api.SendAsync(HttpMethod.Post, $"{path}/push/apns{query}", Credential.Ops, certificate)).Problem(HttpStatusCode.Conflict, "no-free-slot");
        }
    }

    [Fact]
    public async Task A_backfill_that_runs_already_is_told()
    {
        const string Days = """{"from":"2024-01-01","to":"2024-01-31"}""";
        var running = (await Api.PostAsync($"{path}/daily_counts/backfill", Credential.Ops, Days)).Body.GetProperty("operation_id").GetString();
        Assert.Contains(
            $"The backfill {running} reads these days already.",
            Assert.Single(await TellAsync("POST", $"{path}/daily_counts/backfill?dry_run=true", Days)), StringComparison.Ordinal);
    }

    private ISecretVault Vault => gatehouse.Services.GetRequiredService<ISecretVault>();

    private async Task<Credential> MasterAsync() =>
        Credential.Token((await Vault.GetAsync(MasterTokens.SecretName(AppId.TryParse(path.Split('/')[^1])!.Value), default))!.Reveal());

    private async Task<string> IssueAsync(string label, string deliver, string more = "") =>
        (await Api.PostAsync($"{path}/tokens", Credential.Ops, $$"""{"label":"{{label}}","deliver":"{{deliver}}"{{more}}}""")).Created()
            .GetProperty("token_id").GetString()!;

    private async Task<string[]> TellAsync(string method, string target, string? body = null)
    {
        var told = (await Api.SendAsync(new HttpMethod(method), target, Credential.Ops, body is null ? null : new StringContent(body, Encoding.UTF8))).Ok();
        Assert.True(told.GetProperty("dry_run").GetBoolean());
        return [.. told.GetProperty("would").EnumerateArray().Select(step => $"{Text(step, "action")} {Text(step, "subject")}: {Text(step, "detail")}")];
    }

    private static string Text(JsonElement step, string name) => step.GetProperty(name).GetString()!;

    // Everything that a change can change, without what time alone changes.
    private async Task<string> StateAsync()
    {
        var said = new StringBuilder();
        foreach (var target in (string[])["/ops/v1/applications", path, $"{path}/tokens", $"{path}/push", $"{path}/limits", "/ops/v1/audit?limit=100"])
            said.AppendLine((await Api.GetAsync(target, Credential.Ops)).Ok().GetRawText());
        foreach (var target in (string[])["/v3/applications/api_tokens", "/v3/applications/push/gcm", "/v3/applications/mau"])
            said.AppendLine((await Api.GetAsync(target, await MasterAsync())).Ok().GetRawText());
        foreach (var name in (string[])["worker", "bot"])
            said.AppendLine((await Vault.GetAsync($"token-{path.Split('/')[^1]}-{name}", default))?.Reveal());
        return Age().Replace(said.ToString(), "");
    }

    [GeneratedRegex("\"age_seconds\":[0-9]+")]
    private static partial Regex Age();
}

public sealed class DryRunOnServerTests() : DryRunTests(Head.Server);

public sealed class DryRunOnFunctionsHostTests() : DryRunTests(Head.FunctionsHost);
