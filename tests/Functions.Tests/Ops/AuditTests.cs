using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>The audit entries of calls over HTTP, and who can read them.</summary>
public abstract class AuditTests(Head head)
{
    private const string Clerk = "the key of the clerk";

    [Fact]
    public async Task Each_change_leaves_one_row_with_caller_operation_and_subject()
    {
        await using var gatehouse = await head.StartAsync();
        var api = gatehouse.Api;
        var path = await CreateAsync(api);
        var application = path.Split('/')[^1];
        var issued = (await api.PostAsync($"{path}/tokens", Credential.Ops, """{"label":"bot","deliver":"response"}""")).Body;
        var first = issued.GetProperty("token_id").GetString();
        var rotated = (await api.PostAsync($"{path}/tokens/{first}/rotate", Credential.Ops, """{"overlap_seconds":60}""")).Body;
        await api.DeleteAsync($"{path}/tokens/{first}", Credential.Ops);
        await api.SendAsync(HttpMethod.Put, path, Credential.Ops);
        await api.SendAsync(HttpMethod.Put, $"{path}/limits", Credential.Ops, Json("""{"user_messages_per_second":1,"channel_messages_per_second":2}"""));
        await api.PostAsync("/ops/v1/applications/adopt", Credential.Ops);
        await api.DeleteAsync($"{path}?confirm=Harbour", Credential.Ops);

        // These change nothing.
        await api.GetAsync(path, Credential.Ops);
        await api.SendAsync(HttpMethod.Put, $"{path}/limits", Credential.Ops, Json("""{"user_messages_per_second":-1}"""));

        string[] expected =
        [
            $"OpsDeleteApplication Applications.Delete {application} - done",
            "OpsAdoptApplications Applications.Create - - done",
            $"SetLimits Usage.Write {application} - done",
            $"OpsRegisterApplication Applications.Create {application} - done",
            $"OpsRevokeToken Tokens.Revoke {application} token:{first} done",
            $"OpsRotateToken Tokens.Issue {application} token:{first} done",
            $"OpsIssueToken Tokens.Issue {application} token:{first} done",
            $"OpsCreateApplication Applications.Create {application} - done",
        ];
        var entries = await ListAsync(api, "limit=100");
        Assert.Equal(expected, entries.Select(Told));
        Assert.All(entries, entry => Assert.Equal("local", entry.GetProperty("caller").GetString()));
        var text = string.Join('\n', entries.Select(entry => entry.GetRawText()));
        foreach (var secret in (JsonElement[])[issued, rotated])
            Assert.DoesNotContain(secret.GetProperty("token").GetString()!, text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Failures_and_refusals_are_audited_and_repetitions_are_not()
    {
        using var folder = new TemporaryFolder();
        var (own, other) = await CreateTwoAsync(folder);
        await using var gatehouse = await head.StartAsync(folder, settings: ClerkOf(own));
        var api = gatehouse.Api;
        var clerk = new Credential("X-Gatehouse-Key", Clerk);
        var since = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture);
        for (var again = 0; again < 2; again++) await PostWithKeyAsync(api, $"/ops/v1/applications/{own}/tokens", clerk);
        await api.PostAsync($"/ops/v1/applications/{own}/tokens", clerk, """{"label":"bot","deliver":"response"}""");
        await api.PostAsync($"/ops/v1/applications/{other}/tokens", clerk, "{}");
        await api.GetAsync($"/ops/v1/applications/{own}", clerk);
        await api.PostAsync("/ops/v1/applications", clerk, "{}");
        await api.PostAsync("/ops/v1/applications", new Credential("X-Gatehouse-Key", "nobody's"), "{}");

        var entries = await ListAsync(api, $"limit=100&from={Uri.EscapeDataString(since)}");
        Assert.Equal(
            [
                "OpsCreateApplication Applications.Create - - refused",
                $"OpsViewApplication Applications.Read {own} - refused",
                $"OpsIssueToken Tokens.Issue {other} - refused",
                $"OpsIssueToken Tokens.Issue {own} - failed",
                $"OpsIssueToken Tokens.Issue {own} token:{entries[^1].GetProperty("subject").GetString()![6..]} done",
            ],
            entries.Select(Told));
        Assert.Equal("key-1", entries[^1].GetProperty("idempotency_key").GetString());

        // A confined caller sees the entries about its own applications.
        Assert.Equal(
            [$"OpsViewApplication {own}", $"OpsIssueToken {own}", $"OpsIssueToken {own}", $"OpsCreateApplication {own}"],
            (await ListAsync(api, "limit=100", clerk)).Select(entry => $"{entry.GetProperty("operation")} {entry.GetProperty("app_id")}"));
    }

    [Fact]
    public async Task Filters_and_pages_show_each_row_once()
    {
        await using var gatehouse = await head.StartAsync(clock: new TestClock());
        var api = gatehouse.Api;
        var path = await CreateAsync(api);
        for (var count = 0; count < 5; count++)
        {
            ((TestClock)gatehouse.Services.GetRequiredService<TimeProvider>()).Advance(TimeSpan.FromMinutes(1));
            await api.PostAsync($"{path}/tokens", Credential.Ops, $$"""{"label":"{{(count == 2 ? "Bad" : $"t{count}")}}","deliver":"response"}""");
        }

        var pages = new List<JsonElement>();
        for (var token = ""; ;)
        {
            var page = (await api.GetAsync($"/ops/v1/audit?limit=2&token={token}", Credential.Ops)).Ok();
            pages.AddRange(page.GetProperty("entries").EnumerateArray());
            token = page.GetProperty("next").GetString()!;
            if (token.Length == 0) break;
        }
        Assert.Equal(6, pages.Select(entry => entry.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(6, pages.Count);

        Assert.Equal(5, (await ListAsync(api, "operation=OpsIssueToken&limit=100")).Count);
        Assert.Single(await ListAsync(api, "outcome=failed"));
        Assert.Empty(await ListAsync(api, "caller=nobody"));
        Assert.Equal(6, (await ListAsync(api, $"caller=local&application={path.Split('/')[^1]}")).Count);
        Assert.Empty(await ListAsync(api, $"application={AppId.Generate()}"));
        Assert.Equal(2, (await ListAsync(api, "from=2024-05-15T12:01:00Z&to=2024-05-15T12:03:00.000%2B00:00")).Count);
    }

    [Fact]
    public async Task Entries_about_tokens_have_their_label_and_are_found_by_it()
    {
        await using var gatehouse = await head.StartAsync();
        var api = gatehouse.Api;
        var path = await CreateAsync(api);
        foreach (var label in (string[])["bot", "worker"])
        {
            var issued = (await api.PostAsync($"{path}/tokens", Credential.Ops, $$"""{"label":"{{label}}","deliver":"response"}""")).Created();
            var rotated = (await api.PostAsync($"{path}/tokens/{issued.GetProperty("token_id").GetString()}/rotate", Credential.Ops)).Created();
            await api.DeleteAsync($"{path}/tokens/{rotated.GetProperty("token_id").GetString()}", Credential.Ops);
        }
        (await api.PostAsync($"{path}/tokens", Credential.Ops, """{"label":"NO","deliver":"response"}""")).Problem(HttpStatusCode.BadRequest, "invalid-request");
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        (await api.PostAsync($"{path}/tokens", Credential.Ops, $$"""{"label":"{{token}}","deliver":"response"}""")).Problem(HttpStatusCode.BadRequest, "invalid-request");

        Assert.Equal(
            [
                "OpsIssueToken  failed", "OpsIssueToken  failed", "OpsRevokeToken worker done", "OpsRotateToken worker done", "OpsIssueToken worker done",
                "OpsRevokeToken bot done", "OpsRotateToken bot done", "OpsIssueToken bot done", "OpsCreateApplication  done",
            ],
            (await ListAsync(api, "limit=100")).Select(Labelled));
        Assert.Equal(["OpsRevokeToken bot done"], (await ListAsync(api, "label=bot&operation=OpsRevokeToken&role=Tokens.Revoke")).Select(Labelled));

        static string Labelled(JsonElement entry) =>
            $"{entry.GetProperty("operation").GetString()} {entry.GetProperty("label").GetString()} {entry.GetProperty("outcome").GetString()}";
    }

    [Fact]
    public async Task A_leased_token_that_is_revoked_under_v3_is_recorded_with_its_label()
    {
        await using var gatehouse = await head.StartAsync();
        var api = gatehouse.Api;
        var path = (await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""")).Location;
        var token = (await api.PostAsync($"{path}/tokens", Credential.Ops, """{"label":"bot","deliver":"response"}""")).Created().GetProperty("token").GetString()!;
        (await api.DeleteAsync($"/v3/applications/api_tokens/{token}", Credential.Token(token))).Ok();
        Assert.Equal("done", Assert.Single(await ListAsync(api, "operation=RevokeApiToken&label=bot")).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task What_the_platform_s_own_API_changes_of_an_application_in_custody_is_recorded()
    {
        await using var gatehouse = await head.StartAsync();
        var api = gatehouse.Api;
        var foreign = await api.CreateApplicationAsync("Foreign");
        await ChangeAsync(foreign);
        Assert.Empty(await ListAsync(api, "limit=100"));

        var own = await api.CreateApplicationAsync("Harbour");
        (await api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        var (first, second, push) = await ChangeAsync(own);
        // Reads are not recorded.
        (await api.GetAsync("/v3/applications/api_tokens", own.Master)).Ok();
        (await api.DeleteAsync("/v3/applications", own.Master)).Ok();
        (await api.DeleteAsync("/v3/applications", api.Organization)).Ok();

        Assert.Equal(
            [
                "DeleteApplications v3:organization organization - - done",
                $"DeleteApplications v3:master-token api-token {own.Id} - done",
                $"DeletePushConfiguration v3:master-token api-token {own.Id} push:{push[..16]} done",
                $"AddPushConfiguration v3:master-token api-token {own.Id} push:{push[..16]} done",
                $"RevokeApiToken v3:token:{Fingerprint(second)} api-token {own.Id} token:{Fingerprint(second)} done",
                $"RevokeApiToken v3:master-token api-token {own.Id} token:{Fingerprint(first)} failed",
                $"RevokeApiToken v3:master-token api-token {own.Id} token:{Fingerprint(first)} done",
                $"IssueApiToken v3:master-token api-token {own.Id} token:{Fingerprint(second)} done",
                $"IssueApiToken v3:master-token api-token {own.Id} token:{Fingerprint(first)} done",
                "OpsAdoptApplications local Applications.Create - - done",
            ],
            (await ListAsync(api, "limit=100")).Select(entry => string.Join(' ', ((string[])
                ["operation", "caller", "role", "app_id", "subject", "outcome"]).Select(name => entry.GetProperty(name).GetString() ?? "-"))));
        Assert.Equal(2, (await ListAsync(api, "operation=IssueApiToken&role=api-token&limit=100")).Count);
        Assert.Single(await ListAsync(api, "role=organization"));

        async Task<(Credential First, Credential Second, string Push)> ChangeAsync(CreatedApplication application)
        {
            var (first, second) = (await api.IssueTokenAsync(application.Master), await api.IssueTokenAsync(application.Master));
            (await api.DeleteAsync($"/v3/applications/api_tokens/{first.Value}", application.Master)).Ok();
            (await api.DeleteAsync($"/v3/applications/api_tokens/{first.Value}", application.Master)).Refused(400201);
            (await api.DeleteAsync($"/v3/applications/api_tokens/{second.Value}", second)).Ok();
            var added = (await api.PostAsync("/v3/applications/push/gcm", application.Master, """{"gcm_sender_id":"1","gcm_api_key":"k"}""")).Ok();
            var push = added.GetProperty("push_configurations")[0].GetString()!;
            (await api.DeleteAsync($"/v3/applications/push/gcm/{push}", application.Master)).Ok();
            return (first, second, push);
        }

        static string Fingerprint(Credential token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token.Value)))[..16];
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("token=x")]
    [InlineData("outcome=Done")]
    [InlineData("application=x")]
    [InlineData("from=yesterday")]
    [InlineData("from=2024-05-15")]
    [InlineData("to=2024-05-15T12:00:00Z&to=2024-05-15T12:00:00Z")]
    public async Task An_invalid_query_is_refused(string query)
    {
        await using var gatehouse = await head.StartAsync();
        (await gatehouse.Api.GetAsync($"/ops/v1/audit?{query}", Credential.Ops)).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task Without_an_audit_row_nothing_is_changed_and_a_row_without_an_outcome_stays_started()
    {
        using var folder = new TemporaryFolder();
        var store = new FailingStore();
        await using var gatehouse = await head.StartAsync(folder, configure: store.Configure);
        store.FailsToWrite = row => IsAudit(row, "started");
        (await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}"""))
            .Problem(HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.Equal(0, (await gatehouse.Api.GetAsync("/v3/applications", gatehouse.Api.Organization)).Ok().GetProperty("applications").GetArrayLength());

        store.FailsToWrite = _ => false;
        var path = await CreateAsync(gatehouse.Api);
        store.FailsToWrite = row => IsAudit(row, "started");
        foreach (var change in (string[])["tokens", "push/fcm"])
        {
            (await gatehouse.Api.PostAsync(
                $"{path}/{change}", Credential.Ops,
                change == "tokens" ? """{"label":"bot","deliver":"response"}""" : """{"sender_id":"1","server_key":"2"}"""))
                .Problem(HttpStatusCode.ServiceUnavailable, "unavailable");
        }
        store.FailsToWrite = _ => false;
        Assert.Equal(0, (await gatehouse.Api.GetAsync(path, Credential.Ops)).Ok().GetProperty("token_slots").GetProperty("used").GetInt32());
        Assert.All((await ListAsync(gatehouse.Api, "")).Take(2), entry => Assert.Equal("failed", entry.GetProperty("outcome").GetString()));

        // The change is done, and its entry has a commit of its own.
        store.FailsToWrite = row => IsAudit(row, "done");
        Assert.Equal(HttpStatusCode.OK, (await gatehouse.Api.SendAsync(HttpMethod.Put, path, Credential.Ops)).Status);
        store.FailsToWrite = _ => false;
        Assert.Equal("started", (await ListAsync(gatehouse.Api, ""))[0].GetProperty("outcome").GetString());
    }

    private static bool IsAudit(TableRow row, string outcome) =>
        row.Key.StartsWith("audit:", StringComparison.Ordinal) && row.GetString("Outcome") == outcome;

    private static string Told(JsonElement entry) => string.Join(' ', new[] { "operation", "role", "app_id", "subject", "outcome" }
        .Select(name => entry.GetProperty(name).GetString() ?? "-"));

    private static async Task<List<JsonElement>> ListAsync(PlatformClient api, string query, Credential? credential = null) =>
        [.. (await api.GetAsync($"/ops/v1/audit?{query}", credential ?? Credential.Ops)).Ok().GetProperty("entries").EnumerateArray()];

    private static async Task<string> CreateAsync(PlatformClient api)
    {
        var answer = await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        return $"/ops/v1/applications/{answer.Body.GetProperty("app_id").GetString()}";
    }

    private async Task<(string Own, string Other)> CreateTwoAsync(TemporaryFolder folder)
    {
        await using var gatehouse = await head.StartAsync(folder);
        return ((await CreateAsync(gatehouse.Api)).Split('/')[^1], (await CreateAsync(gatehouse.Api)).Split('/')[^1]);
    }

    private static async Task PostWithKeyAsync(PlatformClient api, string path, Credential credential)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json("""{"label":"bot","deliver":"response"}""") };
        credential.AddTo(request);
        request.Headers.Add("Idempotency-Key", "key-1");
        Assert.Equal(HttpStatusCode.Created, (await api.SendAsync(request)).Status);
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static string[] ClerkOf(string application) =>
    [
        "--Ops:Callers:0:Name", "clerk", "--Ops:Callers:0:KeySha256", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Clerk))),
        "--Ops:Callers:0:Roles:0", "Tokens.Issue", "--Ops:Callers:0:Roles:1", "Audit.Read", "--Ops:Callers:0:Applications:0", application,
    ];
}

public sealed class AuditOnServerTests() : AuditTests(Head.Server);

public sealed class AuditOnFunctionsHostTests() : AuditTests(Head.FunctionsHost);
