using System.Diagnostics;
using System.Globalization;
using System.Net;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Platform.Hosted;
using Gatehouse.Secrets;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosted;

/// <summary>
/// The facade before a platform whose connections fail: it answers in time, does nothing twice, leaks nothing, and recovers with
/// the platform. On the server only: the client of the platform is the same code on both heads, and the Functions head has
/// <see cref="Ops.HostedFacadeStory"/>.
/// </summary>
public sealed class FaultyUpstreamTests : IAsyncLifetime, IDisposable
{
    private const double CallSeconds = 1.5;
    private const double TrySeconds = 0.4;

    // For tests that are not about time: long enough for a busy machine.
    private static readonly string[] Patient = ["--Platform:CallSeconds", "60", "--Platform:TrySeconds", "2"];

    // Added to the configured times, for a busy machine.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(20);

    private readonly List<string> secrets = [RunningGatehouse.Password];
    private readonly List<string> answers = [];
    private RunningGatehouse platform = null!;
    private FaultyUpstream upstream = null!;
    private readonly RecordedLogs logs = new();
    private readonly TemporaryFolder folder = new();

    public static TheoryData<Fault> Faults => [.. Enum.GetValues<Fault>().Where(fault => fault != Fault.None)];

    public async Task InitializeAsync()
    {
        platform = await RunningGatehouse.StartAsync();
        upstream = await FaultyUpstream.StartAsync(platform);
    }

    public async Task DisposeAsync()
    {
        await upstream.DisposeAsync();
        await platform.DisposeAsync();
    }

    public void Dispose()
    {
        logs.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_read_is_a_problem_while_connections_fail_and_succeeds_afterwards(Fault fault)
    {
        var path = await CreateAsync();
        await using var facade = await StartAsync();
        upstream.Decide = _ => fault;
        var answer = await InTimeAsync(() => facade.Api.GetAsync($"{path}/tokens", Credential.Ops));
        answer.Problem(HttpStatusCode.ServiceUnavailable, fault == Fault.RateLimit ? "platform-busy" : "platform-unavailable");

        upstream.Decide = _ => Fault.None;
        var recovering = Stopwatch.StartNew();
        while ((await facade.Api.GetAsync($"{path}/tokens", Credential.Ops)).Status != HttpStatusCode.OK)
            Assert.True(recovering.Elapsed < Slack, "It does not recover.");
        Assert.All(upstream.CarriedOut, request => Assert.DoesNotContain("/info", request, StringComparison.Ordinal));
        AssertNothingLeaked();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_single_fault_does_not_fail_a_read(Fault fault)
    {
        var path = await CreateAsync();
        await using var facade = await StartAsync(Patient);
        upstream.Once(fault);
        var answer = await facade.Api.GetAsync($"{path}/tokens", Credential.Ops);
        if (fault == Fault.RateLimit) answer.Problem(HttpStatusCode.ServiceUnavailable, "platform-busy");
        else answer.Ok();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_token_is_issued_at_most_once_and_custody_detects_the_outcome(Fault fault)
    {
        var clock = new TestClock(DateTimeOffset.UtcNow);
        var path = await CreateAsync();
        await using (var facade = await StartAsync())
        {
            upstream.Decide = request => request.Method == "POST" ? fault : Fault.None;
            var answer = await InTimeAsync(() => facade.Api.PostAsync($"{path}/tokens", Credential.Ops, """{"label":"worker","deliver":"vault"}"""));
            answer.Problem(HttpStatusCode.ServiceUnavailable, fault == Fault.RateLimit ? "platform-busy" : "platform-unavailable");
            Assert.Single(upstream.Received, request => request == "POST /v3/applications/api_tokens");
        }

        // Another instance, after the lock has expired.
        await upstream.IdleAsync();
        upstream.Decide = _ => Fault.None;
        clock.Advance(new CustodySettings().LockTime + TimeSpan.FromMinutes(1));
        await using var next = await StartAsync(clock);
        Assert.Empty((await next.Services.GetRequiredService<Leases>().RunAsync(default)).Failures);
        var custody = next.Services.GetRequiredService<ManagedApplications>();
        var application = Assert.Single((await custody.ListAsync(null, 10, default)).Applications);
        var list = await next.Services.GetRequiredService<Leases>().ListAsync(application.Id, default);
        Assert.Equal((0, 0), (list.SlotsUsed, list.Tokens.Count));
        AssertNothingLeaked();
    }

    [Theory]
    [InlineData(Fault.DropAfter)]
    [InlineData(Fault.ResetInBody)]
    [InlineData(Fault.Drip)]
    [InlineData(Fault.Garbage)]
    public async Task An_application_is_created_once_and_adopted_if_the_answer_is_lost(Fault fault)
    {
        await using var facade = await StartAsync(Patient);
        upstream.Decide = request => request.Method == "POST" ? fault : Fault.None;
        (await InTimeAsync(() => facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""")))
            .Problem(HttpStatusCode.ServiceUnavailable, "platform-unavailable");
        Assert.Single(upstream.Received);

        await upstream.IdleAsync();
        var created = fault == Fault.Garbage ? 0 : 1;
        Assert.Equal(created, upstream.CarriedOut.Count);
        upstream.Decide = _ => Fault.None;
        var run = (await facade.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        Assert.Equal((created, created), (run.GetProperty("seen").GetInt32(), run.GetProperty("adopted").GetArrayLength()));
    }

    [Theory]
    [InlineData(Fault.DropAfter)]
    [InlineData(Fault.ResetInBody)]
    [InlineData(Fault.Drip)]
    public async Task A_revocation_whose_answer_is_lost_succeeds(Fault fault)
    {
        var path = await CreateAsync();
        await using var facade = await StartAsync(Patient);
        var issued = await facade.Api.PostAsync($"{path}/tokens", Credential.Ops, """{"label":"worker","deliver":"vault"}""");
        var first = true;
        upstream.Decide = request => request.Method == "DELETE" && Interlocked.Exchange(ref first, false) ? fault : Fault.None;
        var answer = await facade.Api.DeleteAsync($"{path}/tokens/{issued.Body.GetProperty("token_id").GetString()}", Credential.Ops);
        Assert.Equal(HttpStatusCode.NoContent, answer.Status);
        Assert.Single(upstream.CarriedOut, request => request.StartsWith("DELETE", StringComparison.Ordinal));
        Assert.Equal(2, upstream.Received.Count(request => request.StartsWith("DELETE", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_platform_that_keeps_failing_opens_the_circuit_and_is_tried_again_later()
    {
        var clock = new TestClock(DateTimeOffset.UtcNow);
        var path = await CreateAsync();
        await using var facade = await StartAsync(clock);
        upstream.Decide = _ => Fault.Unavailable;
        var before = upstream.Received.Count;
        for (var count = 0; count < 20; count++)
        {
            (await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}"""))
                .Problem(HttpStatusCode.ServiceUnavailable, "platform-unavailable");
        }
        var received = upstream.Received.Count;
        Assert.Equal(HostedTimeouts.Default.BreakerTries, received - before);
        Assert.Contains(logs.Lines, line => line.Contains("No request is sent to it", StringComparison.Ordinal));
        (await facade.Api.GetAsync($"{path}/tokens", Credential.Ops)).Problem(HttpStatusCode.ServiceUnavailable, "platform-unavailable");
        Assert.Equal(received, upstream.Received.Count);

        upstream.Decide = _ => Fault.None;
        clock.Advance(TimeSpan.FromSeconds(5));
        (await facade.Api.GetAsync($"{path}/tokens", Credential.Ops)).Ok();
        Assert.Contains(logs.Lines, line => line.Contains("answers again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Under_any_network_faults_callers_get_answers_and_custody_matches_the_platform()
    {
        var random = new Random(20);
        var paths = new List<string>();
        for (var count = 0; count < 4; count++) paths.Add(await CreateAsync());
        await using var facade = await StartAsync();
        var faults = Enum.GetValues<Fault>();
        upstream.Decide = _ =>
        {
            lock (random) return random.Next(3) == 0 ? faults[random.Next(faults.Length)] : Fault.None;
        };
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 40), new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (number, _) =>
            {
                var path = paths[number % paths.Count];
                var answer = await InTimeAsync(() => (number % 3) switch
                {
                    0 => facade.Api.PostAsync($"{path}/tokens", Credential.Ops, $$"""{"label":"l{{number}}","deliver":"response"}"""),
                    1 => facade.Api.GetAsync($"{path}/tokens", Credential.Ops),
                    _ => facade.Api.GetAsync(path, Credential.Ops),
                });
                Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable, answer.Text);
                if (answer.Status == HttpStatusCode.Created) lock (secrets) secrets.Add(answer.Body.GetProperty("token").GetString()!);
                else lock (answers) answers.Add(answer.Text);
            });

        upstream.Decide = _ => Fault.None;
        await upstream.IdleAsync();
        var clock = new TestClock(DateTimeOffset.UtcNow + new CustodySettings().LockTime + TimeSpan.FromMinutes(1));
        await using var next = await StartAsync(clock);
        Assert.Empty((await next.Services.GetRequiredService<Leases>().RunAsync(default)).Failures);
        var known = (await next.Services.GetRequiredService<ManagedApplications>().ListAsync(null, 100, default)).Applications;
        Assert.Equal(4, known.Count);
        foreach (var application in known)
        {
            var list = await next.Services.GetRequiredService<Leases>().ListAsync(application.Id, default);
            Assert.Equal(list.SlotsUsed, list.Tokens.Count);
            Assert.All(list.Tokens, token => Assert.Equal(TokenState.Active, token.State));
        }
        AssertNothingLeaked();
    }

    private Task<RunningGatehouse> StartAsync(params string[] settings) => StartAsync(null, settings);

    private Task<RunningGatehouse> StartAsync(TestClock? clock, params string[] settings) => RunningGatehouse.StartHostedAsync(
        upstream.Address, folder, clock, logs,
        settings.Length > 0 ? settings
            :
            [
                "--Platform:CallSeconds", CallSeconds.ToString(CultureInfo.InvariantCulture),
                "--Platform:TrySeconds", TrySeconds.ToString(CultureInfo.InvariantCulture),
            ]);

    // By another instance, with longer timeouts.
    private async Task<string> CreateAsync()
    {
        await using var facade = await StartAsync(Patient);
        var answer = await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var id = answer.Body.GetProperty("app_id").GetString();
        secrets.Add((await facade.Services.GetRequiredService<ISecretVault>().GetAsync($"master-token-{id}", default))!.Reveal());
        return $"/ops/v1/applications/{id}";
    }

    private async Task<Answer> InTimeAsync(Func<Task<Answer>> ask)
    {
        var watch = Stopwatch.StartNew();
        var answer = await ask();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(CallSeconds) + Slack, $"It took {watch.Elapsed}.");
        lock (answers) answers.Add(answer.Status == HttpStatusCode.Created ? "" : answer.Text);
        return answer;
    }

    private void AssertNothingLeaked()
    {
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(logs.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(answers, answer => answer.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }
}
