using Gatehouse.Platform;
using Gatehouse.Platform.Hosted;

namespace Gatehouse.Tests.Platform.Hosted;

/// <summary>Which requests are retried, how long is waited, and when the circuit opens.</summary>
public sealed class HostedRetryTests
{
    private const string Refused = """{"message":"no","code":400203,"error":true}""";
    private const string NotFound = """{"message":"not found","code":400201,"error":true}""";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ApplicationCredential Master = new(AppId.Generate(), ApiToken.Generate());
    private static readonly SenderRegistration Sender = new(PushType.Gcm, "7", "key");

    private readonly TestClock clock = new();
    private readonly ScriptedNetwork network = new();
    private readonly List<HostState> observed = [];

    private HostedPlatform Platform => field ??= network.QuickPlatform();

    // The wait is on the test's clock.
    private HostedPlatform Patient => field ??= network.Platform(clock, new MemoryVault(), observe: (_, state) => observed.Add(state));

    [Fact]
    public async Task Reads_are_retried()
    {
        network.LoseAnswer().Answer(500, "").Ok("""{"ccu":1}""");
        Assert.Equal(1, await Platform.ViewCcuAsync(Master, None));
        Assert.Equal(3, network.Sent.Count);
    }

    [Fact]
    public async Task Reads_are_made_three_times_at_most()
    {
        network.Otherwise = () => ScriptedNetwork.Response(503, "");
        Assert.Equal(503, (await ThrowsAsync(() => Platform.ViewCcuAsync(Master, None))).Status);
        Assert.Equal(3, network.Sent.Count);
    }

    [Fact]
    public async Task An_issue_whose_answer_is_lost_is_not_retried()
    {
        network.LoseAnswer();
        Assert.False((await ThrowsAsync(() => Platform.IssueTokenAsync(Master, None))).IsRefusal);
        Assert.Single(network.Sent);
    }

    [Fact]
    public async Task A_change_is_retried_if_nothing_of_it_arrived()
    {
        network.FailToConnect().Answer(429, "", ("X-RateLimit-RetryAfter", "0.01")).Ok($$"""{"token":"{{Master.Token.Reveal()}}"}""");
        await Platform.IssueTokenAsync(Master, None);
        Assert.Equal(3, network.Sent.Count);
    }

    [Fact]
    public async Task Every_request_that_changes_something_has_a_body()
    {
        network.Ok("").Ok("").Ok("").Ok($$"""{"token":"{{Master.Token.Reveal()}}"}""");
        await Platform.DeleteAsync(Master, None);
        await Platform.RevokeTokenAsync(Master, Master.Token, None);
        await Platform.DeletePushConfigurationAsync(Master, PushType.Gcm, "a1", None);
        await Platform.IssueTokenAsync(Master, None);
        Assert.Equal(["", "", "", "{}"], network.Sent.Select(sent => sent.Body));
    }

    [Fact]
    public async Task Not_found_after_a_lost_answer_means_deleted()
    {
        network.LoseAnswer().Answer(400, NotFound).LoseAnswer().Answer(400, NotFound);
        await Platform.RevokeTokenAsync(Master, Master.Token, None);
        await Platform.DeletePushConfigurationAsync(Master, PushType.Gcm, "a1", None);
        Assert.Equal(4, network.Sent.Count);
    }

    [Fact]
    public async Task Deleting_something_unknown_is_not_found()
    {
        network.FailToConnect().Answer(400, NotFound);
        Assert.Equal(400201, (await ThrowsAsync(() => Platform.RevokeTokenAsync(Master, Master.Token, None))).Code);
    }

    [Fact]
    public async Task A_refusal_after_a_lost_answer_leaves_the_outcome_unknown()
    {
        network.LoseAnswer().Answer(429, "", ("Retry-After", "60"));
        var failure = await ThrowsAsync(() => Platform.RevokeTokenAsync(Master, Master.Token, None));
        Assert.Equal((503, false, TimeSpan.FromSeconds(60)), (failure.Status, failure.IsRefusal, failure.RetryAfter));
    }

    [Fact]
    public async Task Deleting_an_application_is_not_retried()
    {
        network.LoseAnswer();
        Assert.False((await ThrowsAsync(() => Platform.DeleteAsync(Master, None))).IsRefusal);
        Assert.Single(network.Sent);
    }

    [Fact]
    public async Task Retry_After_is_waited_for_if_it_fits_into_the_call()
    {
        network.Answer(429, "", ("X-RateLimit-RetryAfter", "7")).Ok("""{"ccu":1}""");
        var reading = Patient.ViewCcuAsync(Master, None);
        clock.Advance(TimeSpan.FromSeconds(6.9));
        Assert.Single(network.Sent);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(1, await reading);
    }

    [Fact]
    public async Task Retry_After_is_passed_on_if_it_does_not_fit()
    {
        network.Answer(429, "", ("X-RateLimit-RetryAfter", "20"));
        var refusal = await Assert.ThrowsAsync<PlatformException>(() => Patient.ViewCcuAsync(Master, None));
        Assert.Equal((429, TimeSpan.FromSeconds(20)), (refusal.Status, refusal.RetryAfter));
    }

    [Fact]
    public async Task Attempts_and_calls_time_out()
    {
        network.Hang().Hang().Hang();
        var began = clock.GetUtcNow();
        var reading = Patient.ViewCcuAsync(Master, None);
        while (!reading.IsCompleted)
        {
            // The timeout of an attempt, the wait for the next one, or the timeout of the whole call.
            if (clock.WaitingTimers >= 1) clock.Advance(TimeSpan.FromMilliseconds(100));
            else await Task.Yield();
        }
        var failure = await Assert.ThrowsAsync<PlatformException>(() => reading);
        Assert.Equal((503, false), (failure.Status, failure.IsRefusal));
        Assert.InRange(clock.GetUtcNow() - began, TimeSpan.FromSeconds(19.9), TimeSpan.FromSeconds(20.2));
    }

    [Fact]
    public async Task After_a_lost_answer_the_list_is_searched_for_the_push_configuration()
    {
        network.LoseAnswer().Ok("""{"push_configurations":[{"id":"a1","gcm_sender_id":"7","gcm_api_key":"other"},{"id":"b2","gcm_sender_id":"7","gcm_api_key":"key"}]}""");
        Assert.Equal(["b2"], await Platform.AddPushConfigurationsAsync(Master, Sender, None));
        Assert.Equal(["POST", "GET"], network.Sent.Select(sent => sent.Method));
    }

    [Theory]
    [InlineData("""{"push_configurations":[]}""")]
    [InlineData("""{"push_configurations":[{"id":"a1","gcm_sender_id":"7","gcm_api_key":"key"},{"id":"b2","gcm_sender_id":"7","gcm_api_key":"key"}]}""")]
    [InlineData("garbage")]
    public async Task A_push_configuration_that_is_not_found_may_still_be_registered(string list)
    {
        network.LoseAnswer();
        network.Otherwise = () => ScriptedNetwork.Response(200, list);
        Assert.False((await ThrowsAsync(() => Platform.AddPushConfigurationsAsync(Master, Sender, None))).IsRefusal);
        Assert.Single(network.Sent, sent => sent.Method == "POST");
    }

    [Fact]
    public async Task A_host_that_keeps_failing_opens_the_circuit_until_it_answers_again()
    {
        network.Otherwise = () => ScriptedNetwork.Response(503, "");
        while (observed.Count == 0) await ThrowsAsync(() => Patient.IssueTokenAsync(Master, None));
        var sent = network.Sent.Count;
        Assert.Equal(HostedTimeouts.Default.BreakerTries, sent);

        var failure = await Assert.ThrowsAsync<PlatformException>(() => Patient.IssueTokenAsync(Master, None));
        Assert.Equal((503, true, true), (failure.Status, failure.IsRefusal, failure.NotSent));
        Assert.InRange(failure.RetryAfter!.Value, TimeSpan.FromTicks(1), HostedTimeouts.Default.BreakTime);
        Assert.Equal(sent, network.Sent.Count);

        // Another application's host is not affected.
        network.Otherwise = () => ScriptedNetwork.Response(200, """{"ccu":1}""");
        Assert.Equal(1, await Patient.ViewCcuAsync(Master with { Application = AppId.Generate() }, None));

        clock.Advance(HostedTimeouts.Default.BreakTime);
        Assert.Equal(1, await Patient.ViewCcuAsync(Master, None));
        Assert.Equal([HostState.Failing, HostState.Recovered], observed);
    }

    [Fact]
    public async Task Refusals_do_not_open_the_circuit()
    {
        network.Otherwise = () => ScriptedNetwork.Response(400, Refused);
        for (var count = 0; count < 50; count++) await ThrowsAsync(() => Patient.IssueTokenAsync(Master, None));
        Assert.Equal(50, network.Sent.Count);
        Assert.Empty(observed);
    }

    [Fact]
    public async Task Concurrent_requests_are_limited()
    {
        var release = new TaskCompletionSource();
        for (var count = 0; count < 70; count++)
        {
            network.Do(async cancellation =>
            {
                await release.Task.WaitAsync(cancellation);
                return ScriptedNetwork.Response(200, """{"ccu":1}""");
            });
        }
        var readings = Enumerable.Range(0, 70).Select(_ => Patient.ViewCcuAsync(Master, None)).ToList();
        Assert.Equal(HostedSettings.DefaultConcurrency, network.Sent.Count);
        release.SetResult();
        await Task.WhenAll(readings);
        Assert.Equal(70, network.Sent.Count);
    }

    private static Task<PlatformException> ThrowsAsync(Func<Task> work) => Assert.ThrowsAsync<PlatformException>(work);
}
