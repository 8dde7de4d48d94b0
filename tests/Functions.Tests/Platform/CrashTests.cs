using System.Net;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Platform;

/// <summary>
/// Kills the real process repeatedly in the middle of its work, and checks that no acknowledged change is lost. The number of
/// kills is 20, or the value of <c>GATEHOUSE_CRASHES</c>. On the server only: it is one process that can be killed, and the
/// changes are Core's.
/// </summary>
public abstract class CrashTests(TestStore store)
{
    private const int Workers = 4;

    private static readonly int Crashes = int.TryParse(Environment.GetEnvironmentVariable("GATEHOUSE_CRASHES"), out var crashes) ? crashes : 20;

    [Fact]
    public async Task No_acknowledged_change_is_lost_or_partial_after_a_kill()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(20240515);
        var workers = Enumerable.Range(0, Workers).Select(_ => new Worker(random.Next())).ToList();
        for (var crash = 0; crash < store.Rounds(Crashes); crash++)
        {
            var (process, api) = await ServeAsync(folder);
            using (process)
            using (api)
            {
                await CheckAsync(api, workers);
                var answers = new Countdown(random.Next(1, 60));
                var work = Task.WhenAll(workers.Select(worker => worker.WorkAsync(api, answers)));
                await answers.Reached;
                await process.KillAsync();
                await work;
            }
        }
        var (last, lastApi) = await ServeAsync(folder);
        using (last)
        using (lastApi) await CheckAsync(lastApi, workers);
        Assert.All(workers, worker => Assert.NotEqual(0, worker.Answered));
    }

    private async Task<(GatehouseProcess Process, PlatformClient Api)> ServeAsync(TemporaryFolder folder) =>
        await GatehouseProcess.ServeAsync(folder.Path, [.. await store.SettingsAsync(folder.Path)]);

    private static async Task CheckAsync(PlatformClient api, List<Worker> workers)
    {
        var listed = new Dictionary<string, Credential>();
        for (string? next = null; next != "";)
        {
            var page = (await api.GetAsync($"/v3/applications?limit=100&token={next}", api.Organization)).Ok();
            foreach (var one in page.GetProperty("applications").EnumerateArray())
                listed.Add(one.GetProperty("app_id").GetString()!, Credential.Token(one.GetProperty("api_token").GetString()!));
            next = page.GetProperty("next").GetString();
        }

        // Consistent: every listed token works, master tokens and tokens in lists alike.
        foreach (var (id, master) in listed)
        {
            Assert.Equal(id, (await api.GetAsync("/v3/applications/info", master)).Ok().GetProperty("app_id").GetString());
            foreach (var token in await TokensAsync(api, master)) (await api.GetAsync("/v3/applications/info", Credential.Token(token))).Ok();
            foreach (var push in await PushConfigurationsAsync(api, master)) Assert.Matches("^[0-9a-f]{40}$", push);
        }

        // Not lost: every acknowledged change is there.
        foreach (var worker in workers) await worker.CheckAsync(api, listed);
    }

    private static async Task<List<string>> TokensAsync(PlatformClient api, Credential master) =>
        [.. (await api.GetAsync("/v3/applications/api_tokens", master)).Ok()
            .GetProperty("api_tokens").EnumerateArray().Select(token => token.GetProperty("token").GetString()!)];

    private static async Task<List<string>> PushConfigurationsAsync(PlatformClient api, Credential master) =>
        [.. (await api.GetAsync("/v3/applications/push/gcm", master)).Ok()
            .GetProperty("push_configurations").EnumerateArray().Select(push => push.GetProperty("id").GetString()!)];

    /// <summary>Works on its own applications, one request after the other, and records the answers.</summary>
    private sealed class Worker(int seed)
    {
        private readonly Random random = new(seed);
        private readonly Dictionary<string, Known> known = [];
        private readonly List<Credential> dead = [];

        // The subject of the interrupted request, which may have been executed or not.
        private string? uncertainApplication;
        private string? uncertainToken;

        public int Answered { get; private set; }

        public async Task WorkAsync(PlatformClient api, Countdown answers)
        {
            (uncertainApplication, uncertainToken) = (null, null);
            try
            {
                while (true)
                {
                    await StepAsync(api);
                    Answered++;
                    answers.Signal();
                }
            }
            catch (HttpRequestException)
            {
                // The process has ended.
            }
        }

        public async Task CheckAsync(PlatformClient api, Dictionary<string, Credential> listed)
        {
            foreach (var (id, application) in known.ToList())
            {
                if (!listed.ContainsKey(id))
                {
                    Assert.Equal(uncertainApplication, id);
                    known.Remove(id);
                    continue;
                }
                var tokens = await TokensAsync(api, application.Master);
                Assert.Subset(tokens.Append(uncertainToken).ToHashSet(), application.Tokens.ToHashSet<string?>());
                application.Tokens.IntersectWith(tokens);
                Assert.Empty(application.PushConfigurations.Except(await PushConfigurationsAsync(api, application.Master)));
            }
            foreach (var token in dead)
                Assert.Equal(HttpStatusCode.BadRequest, (await api.GetAsync("/v3/applications/info", token)).Status);
        }

        private async Task StepAsync(PlatformClient api)
        {
            var application = known.Count == 0 ? null : known.Values.ElementAt(random.Next(known.Count));
            switch (random.Next(10))
            {
                case < 2:
                case var _ when application is null:
                    var created = await api.CreateApplicationAsync();
                    known.Add(created.Id, new Known(created.Id, created.Master));
                    break;
                case < 6 when application.Tokens.Count < 5:
                    application.Tokens.Add((await api.IssueTokenAsync(application.Master)).Value);
                    break;
                case < 8 when application.Tokens.Count > 0:
                    var token = application.Tokens.First();
                    uncertainToken = token;
                    (await api.DeleteAsync($"/v3/applications/api_tokens/{token}", application.Master)).Ok();
                    application.Tokens.Remove(token);
                    dead.Add(Credential.Token(token));
                    uncertainToken = null;
                    break;
                case < 9:
                    var added = (await api.PostAsync(
                        "/v3/applications/push/gcm", application.Master, """{"gcm_sender_id":"1","gcm_api_key":"k"}""")).Status;
                    Assert.True(added is HttpStatusCode.OK or HttpStatusCode.BadRequest);
                    application.PushConfigurations.UnionWith(await PushConfigurationsAsync(api, application.Master));
                    break;
                default:
                    uncertainApplication = application.Id;
                    (await api.DeleteAsync("/v3/applications", application.Master)).Ok();
                    known.Remove(application.Id);
                    dead.Add(application.Master);
                    dead.AddRange(application.Tokens.Select(Credential.Token));
                    uncertainApplication = null;
                    break;
            }
        }
    }

    private sealed record Known(string Id, Credential Master)
    {
        public HashSet<string> Tokens { get; } = [];

        public HashSet<string> PushConfigurations { get; } = [];
    }
}

public sealed class CrashOnSqliteTests() : CrashTests(TestStore.Sqlite);

public sealed class CrashOnAzuriteTests() : CrashTests(TestStore.Azurite);
