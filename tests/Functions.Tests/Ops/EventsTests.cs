using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Ops;

public abstract class EventsTests(Head head) : IAsyncLifetime
{
    private readonly TestClock clock = new();
    private RunningGatehouse gatehouse = null!;
    private CreatedApplication application = null!;

    private protected PlatformClient Api => gatehouse.Api;

    private protected string Path => $"/ops/v1/applications/{application.Id}/events";

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(clock: clock);
        application = await Api.CreateApplicationAsync();
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Fact]
    public async Task Each_event_is_answered_with_its_result()
    {
        var events = Enumerable.Range(0, 7).Select(number => Message($"u{number}", user: "u", channel: $"{number}"))
            .Concat(Enumerable.Range(0, 6).Select(number => Message($"c{number}", user: $"{number}", channel: "c")))
            .Append(Message("c0", user: "0", channel: "c"));

        var answer = (await Api.RecordAsync(application, events)).Ok();

        Assert.Equal(["accepted", "duplicates", "refused", "hidden"], answer.EnumerateObject().Select(member => member.Name));
        Assert.Equal(11, answer.GetProperty("accepted").GetInt32());
        Assert.Equal(1, answer.GetProperty("duplicates").GetInt32());
        Assert.Equal("""[{"index":5,"reason":"user_limit"},{"index":6,"reason":"user_limit"}]""", answer.GetProperty("refused").GetRawText());
        Assert.Equal("""[{"index":12,"reason":"channel_limit"}]""", answer.GetProperty("hidden").GetRawText());
        Assert.Equal([("2024-05-15", 11L)], await Api.DailyCountsAsync(application, "2024-05-15", "2024-05-15"));
    }

    [Fact]
    public async Task A_request_with_an_event_that_is_not_valid_counts_nothing_and_names_the_first()
    {
        string[] events = [Message("1"), Message("2"), Message(""), """{"type":"?"}""", """{"type":"connections","node":"n","count":5}"""];

        var problem = (await Api.RecordAsync(application, events)).Problem(HttpStatusCode.BadRequest, "invalid-events");

        Assert.Equal(2, problem.GetProperty("index").GetInt32());
        Assert.Contains("message_id", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal([("2024-05-15", 0L)], await Api.DailyCountsAsync(application, "2024-05-15", "2024-05-15"));
        Assert.Equal("""{"ccu":0}""", (await Api.GetAsync("/v3/applications/ccu", application.Master)).Text);
        Assert.Equal("""{"dau":0}""", (await Api.GetAsync("/v3/applications/dau", application.Master)).Text);
    }

    [Fact]
    public async Task A_missing_or_wrong_key_is_401_with_the_expected_scheme()
    {
        foreach (var credential in (Credential[])[Credential.None, application.Master, Api.Organization, new("X-Gatehouse-Key", ""), new("X-Gatehouse-Key", RunningGatehouse.OpsKey + "x")])
        {
            foreach (var id in (string[])[application.Id, Guid.NewGuid().ToString(), "x"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"/ops/v1/applications/{id}/events");
                request.Content = new StringContent("{");
                credential.AddTo(request);
                (await Api.SendAsync(request)).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            }
        }
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(Api.Address, $"/ops/v1/applications/{application.Id}/limits"));
        Assert.Equal("GatehouseKey", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
        using var twice = new HttpRequestMessage(HttpMethod.Get, $"/ops/v1/applications/{application.Id}/limits");
        twice.Headers.Add("X-Gatehouse-Key", [RunningGatehouse.OpsKey, RunningGatehouse.OpsKey]);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Api.SendAsync(twice)).Status);
    }

    [Fact]
    public async Task An_unknown_application_is_not_found()
    {
        foreach (var id in (string[])[Guid.NewGuid().ToString(), "x", "%20"])
            (await Api.PostAsync($"/ops/v1/applications/{id}/events", Credential.Ops, """{"events":[]}""")).Problem(HttpStatusCode.NotFound, "unknown-application");

        (await Api.PostAsync(Path.ToLowerInvariant(), Credential.Ops, """{"events":[]}""")).Ok();
        (await Api.DeleteAsync("/v3/applications", application.Master)).Ok();
        (await Api.PostAsync(Path, Credential.Ops, """{"events":[]}""")).Problem(HttpStatusCode.NotFound, "unknown-application");
    }

    [Fact]
    public async Task A_body_of_1_MiB_is_read_and_one_byte_more_is_413()
    {
        const string Events = """{"events":[]}""";
        var padding = new string(' ', 1024 * 1024 - Events.Length);

        (await Api.PostAsync(Path, Credential.Ops, Events + padding)).Ok();
        (await Api.PostAsync(Path, Credential.Ops, Events + padding + " ")).Problem(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"events\":7}")]
    public async Task A_body_other_than_a_list_of_events_is_refused(string body) =>
        (await Api.PostAsync(Path, Credential.Ops, body)).Problem(HttpStatusCode.BadRequest, "invalid-events");

    [Fact]
    public async Task Every_answer_carries_its_request_s_id()
    {
        using var http = new HttpClient();
        using var response = await http.PostAsync(new Uri(Api.Address, Path), null);
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal(problem.GetProperty("request_id").GetString(), Assert.Single(response.Headers.GetValues("X-Request-Id")));
    }

    [Fact]
    public async Task Limits_are_shown_changed_and_enforced()
    {
        var path = $"/ops/v1/applications/{application.Id}/limits";
        Assert.Equal(
            """{"user_messages_per_second":5,"channel_messages_per_second":5}""", (await Api.GetAsync(path, Credential.Ops)).Ok().GetRawText());

        const string Set = """{"user_messages_per_second":2,"channel_messages_per_second":0}""";
        Assert.Equal(Set, (await Api.SetLimitsAsync(application, Set)).Ok().GetRawText());

        Assert.Equal(Set, (await Api.GetAsync(path, Credential.Ops)).Ok().GetRawText());
        var answer = (await Api.RecordAsync(application, Enumerable.Range(0, 9).Select(number => Message($"{number}", "u", "c")))).Ok();
        Assert.Equal((2, 7, 0), (answer.GetProperty("accepted").GetInt32(), answer.GetProperty("refused").GetArrayLength(), answer.GetProperty("hidden").GetArrayLength()));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"user_messages_per_second\":5}")]
    [InlineData("{\"user_messages_per_second\":-1,\"channel_messages_per_second\":5}")]
    [InlineData("{\"user_messages_per_second\":5,\"channel_messages_per_second\":10001}")]
    [InlineData("{\"user_messages_per_second\":5,\"channel_messages_per_second\":\"5\"}")]
    [InlineData("{\"user_messages_per_second\":5,\"channel_messages_per_second\":5.5}")]
    [InlineData("no JSON")]
    public async Task Invalid_limits_are_refused(string json) =>
        (await Api.SetLimitsAsync(application, json)).Problem(HttpStatusCode.BadRequest, "invalid-request");

    [Fact]
    public async Task The_purge_forgets_messages_counted_over_four_days_ago_and_keeps_their_counts()
    {
        var message = Message("m");
        (await Api.RecordAsync(application, message)).Ok();
        clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(1, (await Api.RecordAsync(application, message)).Ok().GetProperty("duplicates").GetInt32());
        clock.Advance(TimeSpan.FromDays(2));

        await gatehouse.RunTimerAsync("PurgeUsageMarks");

        // The purge runs in the background. Until it has run, the message is a duplicate; then it is too old.
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        JsonElement receipt;
        while ((receipt = (await Api.RecordAsync(application, message)).Ok()).GetProperty("duplicates").GetInt32() > 0)
            timeout.Token.ThrowIfCancellationRequested();
        Assert.Equal("""{"accepted":0,"duplicates":0,"refused":[{"index":0,"reason":"too_old"}],"hidden":[]}""", receipt.GetRawText());
        Assert.Equal([("2024-05-15", 1L)], await Api.DailyCountsAsync(application, "2024-05-15", "2024-05-15"));
    }

    private string Message(string id, string user = "user", string channel = "channel") =>
        $$"""{"type":"message","message_id":"{{id}}","user_id":"{{user}}","channel_url":"{{channel}}","sent_at":{{clock.GetUtcNow().ToUnixTimeMilliseconds()}}}""";
}

/// <summary>
/// The server answers before the rest of a body has arrived. The Functions host reads the whole body before it forwards anything,
/// and accepts at most 30 MB.
/// </summary>
public sealed class EventsOnServerTests() : EventsTests(Head.Server)
{
    [Fact]
    public async Task A_body_over_its_limit_is_answered_before_it_has_been_sent()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Api.Address.Host, Api.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {Path} HTTP/1.1\r\nHost: x\r\nX-Gatehouse-Key: {RunningGatehouse.OpsKey}\r\nContent-Length: 20000000\r\n\r\n"));

        using var reader = new StreamReader(stream, Encoding.ASCII);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadLineAsync(timeout.Token), StringComparison.Ordinal);
    }
}

public sealed class EventsOnFunctionsHostTests() : EventsTests(Head.FunctionsHost);
