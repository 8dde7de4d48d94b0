using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Secrets;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosted;

/// <summary>What a hosted platform, or a vault, leaves out or gets wrong costs that item only, and nothing that is kept.</summary>
public abstract class DistrustTests(Head head) : IAsyncLifetime
{
    private const string Create = "POST /v3/applications";
    private const string List = "GET /v3/applications";
    private const string Counts = "GET /v3/applications/messages/daily_count";
    private const string Harbour = """{"name":"Harbour"}""";

    private readonly TestClock clock = new(new DateTimeOffset(2024, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private RunningGatehouse platform = null!;
    private FaultyUpstream upstream = null!;
    private RunningGatehouse facade = null!;

    public async Task InitializeAsync()
    {
        platform = await RunningGatehouse.StartAsync(clock: clock);
        upstream = await FaultyUpstream.StartAsync(platform);
        facade = await head.StartHostedAsync(upstream.Address, clock: clock);
    }

    public async Task DisposeAsync()
    {
        await facade.DisposeAsync();
        await upstream.DisposeAsync();
        await platform.DisposeAsync();
    }

    [Theory]
    [InlineData("{}", "left-out", 10)]
    [InlineData("""{"message_count":null}""", "left-out", 10)]
    [InlineData("""{"message_count":[]}""", "left-out", 10)]
    [InlineData("""{"message_count":{"2024-05-05":7}}""", "left-out", 9)]
    [InlineData("""{"message_count":{"2024-05-05":7,"2024-05-06":0}}""", "left-out", 8)]
    [InlineData("""{"message_count":{"2024-05-01":"n/a"}}""", "unreadable", 10)]
    public async Task A_day_without_a_count_is_a_gap_that_says_why(string body, string reason, int missing)
    {
        var path = await CreateAsync();
        upstream.Rewrite = (request, whole) => request == Counts ? body : whole;
        clock.Set(new DateTimeOffset(2024, 5, 11, 1, 20, 0, TimeSpan.Zero));
        await RunArchiveAsync();
        var read = (await facade.Api.GetAsync($"{path}/daily_counts?from=2024-05-01&to=2024-05-10", Credential.Ops)).Ok();
        Assert.Equal(missing, read.GetProperty("missing").GetArrayLength());
        Assert.Equal(10 - missing, read.GetProperty("days").GetArrayLength());
        var first = read.GetProperty("gaps")[0];
        Assert.Equal(("2024-05-01", reason), (first.GetProperty("from").GetString(), first.GetProperty("reason").GetString()));
        var gaps = (await facade.Api.GetAsync("/ops/v1/daily_counts/gaps", Credential.Ops)).Ok().GetProperty("applications")[0];
        Assert.Equal(reason, gaps.GetProperty("missing")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_final_count_survives_a_platform_that_has_forgotten_it_and_another_number_leaves_a_trace()
    {
        var path = await CreateAsync();
        upstream.Rewrite = (request, whole) => request == Counts ? """{"message_count":{"2024-05-01":10,"2024-05-02":20}}""" : whole;
        clock.Set(new DateTimeOffset(2024, 5, 11, 1, 20, 0, TimeSpan.Zero));
        await RunArchiveAsync();
        upstream.Rewrite = (request, whole) => request == Counts ? """{"message_count":{"2024-05-02":21}}""" : whole;
        var ordered = await facade.Api.PostAsync($"{path}/daily_counts/backfill", Credential.Ops, """{"from":"2024-05-01","to":"2024-05-02"}""");
        Assert.Equal(HttpStatusCode.Accepted, ordered.Status);
        await facade.RunTimerAsync("RunBackfills");
        JsonElement read = default;
        await Waiting.UntilAsync(async () =>
        {
            read = (await facade.Api.GetAsync($"{path}/daily_counts?from=2024-05-01&to=2024-05-02", Credential.Ops)).Ok();
            return read.GetProperty("total").GetInt64() != 30;
        });
        Assert.Equal(
            """[{"date":"2024-05-01","count":10,"final":true,"source":"hosted"},{"date":"2024-05-02","count":21,"final":true,"source":"hosted","history":[{"count":20,"read_at":"2024-05-11T01:20:00.000Z"}]}]""",
            read.GetProperty("days").GetRawText());
    }

    [Theory]
    [InlineData("api_token", "null")]
    [InlineData("api_token", "\"too short\"")]
    [InlineData("name", "null")]
    [InlineData("name", "\"\"")]
    [InlineData("app_id", "\"legacy-1\"")]
    [InlineData("app_id", "null")]
    [InlineData("app_id", "{}")]
    public async Task One_bad_record_of_the_list_is_named_and_the_others_are_adopted(string member, string value)
    {
        var bad = await platform.Api.CreateApplicationAsync("Bad");
        var good = await platform.Api.CreateApplicationAsync("Good");
        Edit(List, "Bad", one => one[member] = JsonNode.Parse(value));
        var run = (await facade.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        Assert.Equal([good.Id], run.GetProperty("adopted").EnumerateArray().Select(id => id.GetString()));
        var failure = Assert.Single(run.GetProperty("failures").EnumerateArray());
        Assert.Equal("unreadable-application", failure.GetProperty("problem").GetString());
        Assert.Equal(member == "app_id" ? null : bad.Id, failure.GetProperty("app_id").GetString());
        Assert.NotEmpty(failure.GetProperty("detail").GetString()!);
        Assert.DoesNotContain(bad.Master.Value, run.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    public async Task An_entry_that_is_no_application_is_a_failure(string entry)
    {
        var good = await platform.Api.CreateApplicationAsync("Good");
        upstream.Rewrite = (request, whole) =>
        {
            if (request != List) return whole;
            var page = JsonNode.Parse(whole)!;
            page["applications"]!.AsArray().Add(JsonNode.Parse(entry));
            return page.ToJsonString();
        };
        var run = (await facade.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        Assert.Equal([good.Id], run.GetProperty("adopted").EnumerateArray().Select(id => id.GetString()));
        Assert.Single(run.GetProperty("failures").EnumerateArray());
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1600-12-31T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public async Task A_time_of_creation_that_no_table_can_hold_costs_nothing_else(string createdAt)
    {
        var zero = await platform.Api.CreateApplicationAsync("Zero");
        Edit(List, "Zero", one => one["created_at"] = createdAt);
        var run = (await facade.Api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        Assert.Equal([zero.Id], run.GetProperty("adopted").EnumerateArray().Select(id => id.GetString()));
        Edit("GET /v3/applications/info", null, one => one["created_at"] = createdAt);
        (await facade.Api.SendAsync(HttpMethod.Put, $"/ops/v1/applications/{zero.Id}", Credential.Ops)).Ok();

        Edit(Create, null, one => one["created_at"] = createdAt);
        var created = await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, Harbour);
        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal("2024-05-01T12:00:00.000Z", created.Body.GetProperty("created_at").GetString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"app_id":"D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6","name":"Harbour"}""")]
    public async Task A_creation_whose_answer_cannot_be_read_is_found_by_the_next_request_with_the_key(string answer)
    {
        upstream.Rewrite = (request, whole) => request == Create ? answer : whole;
        (await SendAsync("key-1")).Problem(HttpStatusCode.ServiceUnavailable, "platform-unavailable");
        for (var times = 0; times < 2; times++)
        {
            var second = await SendAsync("key-1");
            Assert.Equal(HttpStatusCode.Created, second.Status);
        }
        Assert.Single(upstream.CarriedOut, request => request == Create);
        Assert.Single((await facade.Api.GetAsync("/ops/v1/applications", Credential.Ops)).Ok().GetProperty("applications").EnumerateArray());
    }

    [Fact]
    public async Task A_creation_that_cannot_be_read_anywhere_is_not_made_twice()
    {
        upstream.Rewrite = (request, whole) => request switch
        {
            Create => "{}",
            List => whole.Replace("\"api_token\":\"", "\"api_token\":\"x", StringComparison.Ordinal),
            _ => whole,
        };
        (await SendAsync("key-1")).Problem(HttpStatusCode.ServiceUnavailable, "platform-unavailable");
        (await SendAsync("key-1")).Problem(HttpStatusCode.Conflict, "creation-unclear");
        Assert.Single(upstream.CarriedOut, request => request == Create);
        upstream.Rewrite = (_, whole) => whole;
        Assert.Equal(HttpStatusCode.Created, (await SendAsync("key-1")).Status);
        Assert.Single(upstream.CarriedOut, request => request == Create);
    }

    [Fact]
    public async Task A_key_stands_for_one_request_whatever_the_endpoint()
    {
        Assert.Equal(HttpStatusCode.Created, (await SendAsync("key-1")).Status);
        var path = await CreateAsync();
        (await SendAsync("key-1", $"{path}/tokens", """{"label":"a"}""")).Problem(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
        (await SendAsync("key-1", "/ops/v1/applications/adopt", "{}")).Problem(HttpStatusCode.UnprocessableEntity, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_master_token_with_a_line_break_is_used_and_what_is_none_says_so()
    {
        var application = await platform.Api.CreateApplicationAsync("Harbour");
        var vault = facade.Services.GetRequiredService<ISecretVault>();
        await vault.SetAsync($"master-token-{application.Id}", application.Master.Value + "\r\n", default);
        (await facade.Api.SendAsync(HttpMethod.Put, $"/ops/v1/applications/{application.Id}", Credential.Ops)).Created();
        await vault.SetAsync($"master-token-{application.Id}", "not a token", default);
        (await facade.Api.SendAsync(HttpMethod.Put, $"/ops/v1/applications/{application.Id}", Credential.Ops))
            .Problem(HttpStatusCode.Conflict, "master-token-malformed");
    }

    private void Edit(string request, string? name, Action<JsonObject> edit) => upstream.Rewrite = (seen, whole) =>
    {
        if (seen != request) return whole;
        var body = JsonNode.Parse(whole)!;
        var applications = body["applications"] is JsonArray list ? list.Select(one => one!.AsObject()) : [body.AsObject()];
        foreach (var one in applications.Where(one => name is null || one["name"]!.GetValue<string>() == name)) edit(one);
        return body.ToJsonString();
    };

    private async Task<string> CreateAsync()
    {
        var created = await facade.Api.PostAsync("/ops/v1/applications", Credential.Ops, Harbour);
        Assert.Equal(HttpStatusCode.Created, created.Status);
        return $"/ops/v1/applications/{created.Body.GetProperty("app_id").GetString()}";
    }

    private Task<Answer> SendAsync(string key, string path = "/ops/v1/applications", string body = Harbour)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, null, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        Credential.Ops.AddTo(request);
        return facade.Api.SendAsync(request);
    }

    private async Task RunArchiveAsync()
    {
        await facade.RunTimerAsync("ArchiveMessageCounts");
        await Waiting.UntilAsync(async () =>
            (await facade.Api.GetAsync("/ops/v1/daily_counts/runs", Credential.Ops)).Ok().GetProperty("runs") is var runs
            && runs.GetArrayLength() > 0 && runs[0].GetProperty("status").GetString() == "done");
    }
}

/// <summary>On the server.</summary>
public sealed class DistrustOnServerTests() : DistrustTests(Head.Server);

/// <summary>Under the Functions host.</summary>
public sealed class DistrustOnFunctionsHostTests() : DistrustTests(Head.FunctionsHost);
