using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>
/// The story of an internal service with an application and its tokens, over HTTP, with each kind of platform and store.
/// </summary>
public abstract class FacadeStory
{
    /// <summary>Starts the application under test.</summary>
    internal abstract Task<FacadeArrangement> StartAsync(
        TemporaryFolder folder, TestClock clock, RecordedLogs logs, params string[] settings);

    [Fact]
    public async Task A_token_in_the_vault_is_rotated_and_the_old_one_is_refused_when_the_overlap_ends()
    {
        var clock = new TestClock();
        using var folder = new TemporaryFolder();
        using var logs = new RecordedLogs();
        var secrets = new List<string>();
        await using var receiver = await AlertReceiverDouble.StartAsync();
        string[] settings = ["--Alerts:WebhookUrl", receiver.Address.ToString(), "--Alerts:Secret", receiver.Secret];
        await using (var arrangement = await StartAsync(folder, clock, logs, settings))
        {
            var (api, platform) = (arrangement.Facade.Api, arrangement.Platform.Api);
            var vault = arrangement.Facade.Services.GetRequiredService<ISecretVault>();
            var created = Created(await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}"""));
            Assert.Equal(["app_id", "name", "created_at"], created.EnumerateObject().Select(member => member.Name));
            Assert.Equal("2024-05-15T12:00:00.000Z", created.GetProperty("created_at").GetString());
            var path = $"/ops/v1/applications/{created.GetProperty("app_id").GetString()}";
            secrets.Add((await vault.GetAsync($"master-token-{created.GetProperty("app_id").GetString()}", default))!.Reveal());

            var issued = Created(await api.PostAsync(
                $"{path}/tokens", Credential.Ops, """{"label":"worker","deliver":"vault"}"""));
            Assert.False(issued.TryGetProperty("token", out _));
            var secretName = issued.GetProperty("secret_name").GetString()!;
            var old = (await vault.GetAsync(secretName, default))!.Reveal();
            (await platform.GetAsync("/v3/applications/info", Credential.Token(old))).Ok();

            var rotation = $"{path}/tokens/{issued.GetProperty("token_id").GetString()}/rotate";
            var rotated = Created(await api.PostAsync(rotation, Credential.Ops, """{"overlap_seconds":3600}"""));
            Assert.Equal(secretName, rotated.GetProperty("secret_name").GetString());
            var current = (await vault.GetAsync(secretName, default))!.Reveal();
            Assert.NotEqual(old, current);
            secrets.AddRange([old, current]);
            (await platform.GetAsync("/v3/applications/info", Credential.Token(old))).Ok();
            (await platform.GetAsync("/v3/applications/info", Credential.Token(current))).Ok();

            var listed = (await api.GetAsync($"{path}/tokens", Credential.Ops)).Ok();
            Assert.Equal(
                ["active", "retiring"],
                listed.GetProperty("tokens").EnumerateArray().Select(token => token.GetProperty("state").GetString()).Order());
            Assert.Equal(2, (await api.GetAsync(path, Credential.Ops)).Ok().GetProperty("token_slots").GetProperty("used").GetInt32());

            clock.Advance(TimeSpan.FromHours(1));
            await arrangement.Facade.RunTimerAsync("RotateTokens");
            await OnceRetiredAsync(api, path);
            (await platform.GetAsync("/v3/applications/info", Credential.Token(old))).Refused(400401);
            (await platform.GetAsync("/v3/applications/info", Credential.Token(current))).Ok();

            await arrangement.Facade.RunTimerAsync("DeliverAlerts");
            await receiver.ReceivedAsync(1);
            var alert = Assert.Single(receiver.Received);
            Assert.True(alert.IsGenuine);
            Assert.Equal("token.rotated", alert.Type);
            Assert.Equal(rotated.GetProperty("token_id").GetString(), alert.Data.GetProperty("token_id").GetString());

            using (var form = Form.Of(("certificate", TestCertificates.P12(
                CertificateKind.Production, null, clock.GetUtcNow().AddDays(-340), clock.GetUtcNow().AddDays(6)))))
            {
                var certificate = Created(await api.SendAsync(HttpMethod.Post, $"{path}/push/apns", Credential.Ops, form));
                Assert.Equal(6, certificate.GetProperty("days_left").GetInt32());
                await OnceWarnedAsync(arrangement.Facade, receiver);
                var warning = receiver.Received[1];
                Assert.True(warning.IsGenuine);
                Assert.Equal("push_credential.expiring", warning.Type);
                Assert.Equal(certificate.GetProperty("id").GetString(), warning.Data.GetProperty("push_id").GetString());
            }

            var trail = (await api.GetAsync(
                $"/ops/v1/audit?application={created.GetProperty("app_id").GetString()}", Credential.Ops)).Ok().GetProperty("entries");
            Assert.Equal(
                [
                    ("OpsAddCertificate", "done"), ("OpsCreateApplication", "done"), ("OpsIssueToken", "done"),
                    ("OpsRotateToken", "done"),
                ],
                trail.EnumerateArray().Select(entry => (entry.GetProperty("operation").GetString()!, entry.GetProperty("outcome").GetString()!)).Order());
            Assert.All(trail.EnumerateArray(), entry => Assert.Equal("local", entry.GetProperty("caller").GetString()));

            var last = rotated.GetProperty("token_id").GetString();
            Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"{path}/tokens/{last}", Credential.Ops)).Status);
            (await platform.GetAsync("/v3/applications/info", Credential.Token(current))).Refused(400401);
            (await api.DeleteAsync($"{path}/tokens/{last}", Credential.Ops)).Problem(HttpStatusCode.NotFound, "unknown-token");
            (await api.DeleteAsync(path, Credential.Ops)).Problem(HttpStatusCode.BadRequest, "invalid-request");
            (await api.DeleteAsync($"{path}?confirm=harbour", Credential.Ops)).Problem(HttpStatusCode.Conflict, "not-confirmed");
            Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"{path}?confirm=Harbour", Credential.Ops)).Status);
            (await api.GetAsync(path, Credential.Ops)).Problem(HttpStatusCode.NotFound, "unknown-application");
        }
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(logs.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
            foreach (var file in Directory.GetFiles(folder.Path))
                Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)) < 0, file);
        }
    }

    [Fact]
    public async Task Applications_created_at_the_platform_are_adopted_and_listed_page_by_page()
    {
        using var folder = new TemporaryFolder();
        using var logs = new RecordedLogs();
        await using var arrangement = await StartAsync(folder, new TestClock(), logs);
        var (api, platform) = (arrangement.Facade.Api, arrangement.Platform.Api);
        var created = new List<string>();
        for (var count = 0; count < 3; count++) created.Add((await platform.CreateApplicationAsync()).Id);

        var run = (await api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        Assert.Equal(3, run.GetProperty("adopted").GetArrayLength());

        var listed = new List<string>();
        for (var token = ""; ;)
        {
            var page = (await api.GetAsync($"/ops/v1/applications?limit=2&token={token}", Credential.Ops)).Ok();
            listed.AddRange(page.GetProperty("applications").EnumerateArray().Select(one => one.GetProperty("app_id").GetString()!));
            token = page.GetProperty("next").GetString()!;
            if (token.Length == 0) break;
        }
        Assert.Equal(created.Order(StringComparer.Ordinal), listed);
        var theirs = (await platform.GetAsync("/v3/applications?limit=2", platform.Organization)).Ok().GetProperty("next").GetString();
        (await api.GetAsync($"/ops/v1/applications?token={theirs}", Credential.Ops)).Problem(HttpStatusCode.BadRequest, "invalid-request");
        (await api.GetAsync("/ops/v1/applications?limit=0", Credential.Ops)).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    private static JsonElement Created(Answer answer)
    {
        Assert.True(answer.Status == HttpStatusCode.Created, $"{(int)answer.Status}: {answer.Text}");
        return answer.Body;
    }

    // The request for a timer run is answered before the run. The run has ended when the lease no longer has the old token.
    private static async Task OnceRetiredAsync(PlatformClient api, string path)
    {
        var waited = Stopwatch.StartNew();
        while ((await api.GetAsync($"{path}/tokens", Credential.Ops)).Ok().GetProperty("tokens").GetArrayLength() > 1)
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "The timer has not run.");
    }

    // Requests for timer runs are answered before the runs, so the delivery may have to be requested again after the alert.
    private static async Task OnceWarnedAsync(RunningGatehouse facade, AlertReceiverDouble receiver)
    {
        var waited = Stopwatch.StartNew();
        while (receiver.Received.Count < 2)
        {
            await facade.RunTimerAsync("CheckPushCredentials");
            await facade.RunTimerAsync("DeliverAlerts");
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), "Nobody was warned.");
        }
    }
}

/// <summary>The facade and its platform.</summary>
internal sealed record FacadeArrangement(RunningGatehouse Facade, RunningGatehouse Platform) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Facade.DisposeAsync();
        if (Platform != Facade) await Platform.DisposeAsync();
    }
}

/// <summary>With the embedded platform.</summary>
public abstract class EmbeddedFacadeStory(TestStore store, Head head) : FacadeStory
{
    internal override async Task<FacadeArrangement> StartAsync(
        TemporaryFolder folder, TestClock clock, RecordedLogs logs, params string[] settings)
    {
        var gatehouse = await head.StartAsync(folder, clock, logs, settings, store: store);
        return new FacadeArrangement(gatehouse, gatehouse);
    }
}

/// <summary>On SQLite, the default.</summary>
public sealed class FacadeStoryOnSqliteTests() : EmbeddedFacadeStory(TestStore.Sqlite, Head.Server);

/// <summary>On Azure Table Storage.</summary>
public sealed class FacadeStoryOnAzuriteTests() : EmbeddedFacadeStory(TestStore.Azurite, Head.Server);

/// <summary>On the Functions host.</summary>
public sealed class FacadeStoryOnFunctionsHostTests() : EmbeddedFacadeStory(TestStore.Sqlite, Head.FunctionsHost);

/// <summary>With the platform of a second Gatehouse, on the server.</summary>
public sealed class HostedFacadeStoryOnServerTests() : HostedFacadeStory(Head.Server);

/// <summary>The same on the Functions host.</summary>
public sealed class HostedFacadeStoryOnFunctionsHostTests() : HostedFacadeStory(Head.FunctionsHost);

/// <summary>With the platform of a second Gatehouse.</summary>
public abstract class HostedFacadeStory(Head head) : FacadeStory
{
    internal override async Task<FacadeArrangement> StartAsync(
        TemporaryFolder folder, TestClock clock, RecordedLogs logs, params string[] settings)
    {
        var platform = await head.StartAsync(clock: clock);
        return new FacadeArrangement(
            await head.StartHostedAsync(platform.Api.Address, folder, clock, logs, settings), platform);
    }
}
