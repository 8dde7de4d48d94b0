using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Idempotency;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Timers;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>A POST with an <c>Idempotency-Key</c> is executed once, across instances and restarts.</summary>
public abstract class IdempotencyTests(Head head)
{
    private const string Harbour = """{"name":"Harbour"}""";

    [Fact]
    public async Task The_same_request_again_gets_the_first_answer_and_says_so()
    {
        await using var gatehouse = await head.StartAsync();
        var first = await SendAsync(gatehouse.Api, "/ops/v1/applications", Harbour, "key-1");
        var again = await SendAsync(gatehouse.Api, "/ops/v1/applications", Harbour, "\"key-1\"");

        Assert.Equal(HttpStatusCode.Created, first.Status);
        Assert.Null(first.Replayed);
        Assert.Equal((first.Status, first.Text, first.Location), (again.Status, again.Text, again.Location));
        Assert.Equal("true", again.Replayed);
        Assert.NotEqual(first.RequestId, again.RequestId);
        Assert.Equal(1, await CountAsync(gatehouse.Api));

        Assert.NotEqual(first.Text, (await SendAsync(gatehouse.Api, "/ops/v1/applications", Harbour, "key-2")).Text);
        Assert.NotEqual(first.Text, (await SendAsync(gatehouse.Api, "/ops/v1/applications", Harbour, null)).Text);
        Assert.Equal(3, await CountAsync(gatehouse.Api));
    }

    [Fact]
    public async Task Another_body_or_path_under_the_key_is_refused_and_does_nothing()
    {
        await using var gatehouse = await head.StartAsync();
        await SendAsync(gatehouse.Api, "/ops/v1/applications", Harbour, "key-1");

        (await SendAsync(gatehouse.Api, "/ops/v1/applications", """{"name":"Pier"}""", "key-1")).Problem(422, "idempotency-key-reused");
        (await SendAsync(gatehouse.Api, "/ops/v1/applications?dry_run=false", Harbour, "key-1")).Problem(422, "idempotency-key-reused");
        Assert.Equal(1, await CountAsync(gatehouse.Api));
    }

    [Theory]
    [InlineData("with space")]
    [InlineData("\"a\"b\"")]
    [InlineData("")]
    [InlineData("twice", "twice")]
    public async Task An_invalid_key_is_refused_and_changes_nothing(params string[] keys)
    {
        await using var gatehouse = await head.StartAsync();
        (await SendAsync(gatehouse.Api, "/ops/v1/applications", Harbour, keys)).Problem(400, "invalid-request");
        Assert.Equal(0, await CountAsync(gatehouse.Api));
    }

    [Fact]
    public async Task A_permanent_refusal_is_stored_and_a_temporary_one_is_not()
    {
        await using var gatehouse = await head.StartAsync();
        var path = await CreateAsync(gatehouse.Api);
        var invalid = await SendAsync(gatehouse.Api, $"{path}/tokens", """{"label":"Bot"}""", "key-1");
        invalid.Problem(400, "invalid-request");
        Assert.Equal(invalid.Text, (await SendAsync(gatehouse.Api, $"{path}/tokens", """{"label":"Bot"}""", "key-1")).Text);

        const string Bot = """{"label":"bot","deliver":"response"}""";
        var bot = await SendAsync(gatehouse.Api, $"{path}/tokens", Bot, "key-2");
        Assert.Equal(HttpStatusCode.Created, bot.Status);
        (await SendAsync(gatehouse.Api, $"{path}/tokens", Bot, "key-3")).Problem(409, "label-taken");
        var tokenId = JsonElement.Parse(bot.Text).GetProperty("token_id").GetString();
        await gatehouse.Api.DeleteAsync($"{path}/tokens/{tokenId}", Credential.Ops);
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(gatehouse.Api, $"{path}/tokens", Bot, "key-3")).Status);
    }

    [Fact]
    public async Task A_form_matches_under_another_boundary_and_its_parts_can_still_be_read()
    {
        await using var gatehouse = await head.StartAsync();
        var path = $"{await CreateAsync(gatehouse.Api)}/tokens";

        // The operation expects JSON. This test only needs that it reads the body, once.
        var first = await SendAsync(gatehouse.Api, path, Form("one", "secret"), "key-1");
        first.Problem(400, "invalid-request");
        var again = await SendAsync(gatehouse.Api, path, Form("two", "secret"), "key-1");
        Assert.Equal((first.Text, "true"), (again.Text, again.Replayed));
        (await SendAsync(gatehouse.Api, path, Form("one", "Secret"), "key-1")).Problem(422, "idempotency-key-reused");
        (await SendAsync(gatehouse.Api, path, new ByteArrayContent(new byte[6 << 20]), "key-2")).Problem(413, "body-too-large");
    }

    [Fact]
    public async Task Events_accept_an_Idempotency_Key()
    {
        await using var gatehouse = await head.StartAsync();
        var path = $"{await CreateAsync(gatehouse.Api)}/events";
        const string Event = """{"events":[{"type":"connections","node":"chat-1","count":3}]}""";
        var first = await SendAsync(gatehouse.Api, path, Event, "key-1");
        Assert.Equal(HttpStatusCode.OK, first.Status);
        var again = await SendAsync(gatehouse.Api, path, Event, "key-1");
        Assert.Equal((first.Text, "true"), (again.Text, again.Replayed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_same_key_sent_50_times_at_once_creates_one_application_and_a_restart_still_knows_it(int instances)
    {
        using var folder = new TemporaryFolder();
        var gatehouses = new List<RunningGatehouse>();
        for (var index = 0; index < instances; index++) gatehouses.Add(await head.StartAsync(folder));
        var sent = await Task.WhenAll(Enumerable.Range(0, 50).Select(index =>
            SendAsync(gatehouses[index % instances].Api, "/ops/v1/applications", Harbour, "key-1")));

        var created = sent.Where(answer => answer.Status == HttpStatusCode.Created).ToList();
        Assert.Single(created, answer => answer.Replayed is null);
        Assert.Single(created.Select(answer => answer.Text).Distinct());
        foreach (var running in sent.Except(created))
        {
            running.Problem(409, "idempotency-key-in-use");
            Assert.InRange(running.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        }
        foreach (var gatehouse in gatehouses)
        {
            Assert.Equal(1, await CountAsync(gatehouse.Api));
            await gatehouse.DisposeAsync();
        }

        await using var restarted = await head.StartAsync(folder);
        Assert.Equal(created[0].Text, (await SendAsync(restarted.Api, "/ops/v1/applications", Harbour, "key-1")).Text);
        Assert.Equal(1, await CountAsync(restarted.Api));
    }

    [Fact]
    public async Task An_answer_with_a_token_is_stored_encrypted_for_24_hours()
    {
        using var folder = new TemporaryFolder();
        var clock = new TestClock();
        string path, token;
        const string Bot = """{"label":"bot","deliver":"response"}""";
        await using (var gatehouse = await head.StartAsync(folder, clock))
        {
            path = $"{await CreateAsync(gatehouse.Api)}/tokens";
            var issued = await SendAsync(gatehouse.Api, path, Bot, "key-1");
            token = JsonElement.Parse(issued.Text).GetProperty("token").GetString()!;
            clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
            Assert.Equal(issued.Text, (await SendAsync(gatehouse.Api, path, Bot, "key-1")).Text);
        }
        foreach (var file in Directory.GetFiles(folder.Path))
            Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.ASCII.GetBytes(token)) < 0, file);

        clock.Advance(TimeSpan.FromSeconds(1));
        await using var restarted = await head.StartAsync(folder, clock);
        (await SendAsync(restarted.Api, path, Bot, "key-1")).Problem(409, "label-taken");
    }

    [Fact]
    public async Task The_timer_removes_kept_answers_after_24_hours_and_audit_rows_after_400_days()
    {
        var clock = new TestClock();
        await using var gatehouse = await head.StartAsync(clock: clock);
        var purge = ActivatorUtilities.CreateInstance<PurgeCalls>(gatehouse.Services);
        await SendAsync(gatehouse.Api, "/ops/v1/applications", Harbour, "key-1");

        clock.Advance(IdempotentCalls.AnswerLifetime - TimeSpan.FromTicks(1));
        await purge.RunAsync(default);
        // The call, what the purge finds it by, and its answer.
        Assert.Equal(3, await RowsAsync(gatehouse));
        clock.Advance(TimeSpan.FromTicks(1));
        await purge.RunAsync(default);
        Assert.Equal(0, await RowsAsync(gatehouse));

        clock.Advance(AuditTrail.Retention - IdempotentCalls.AnswerLifetime);
        await purge.RunAsync(default);
        Assert.Equal(1, await EntriesAsync(gatehouse.Api));
        clock.Advance(TimeSpan.FromTicks(1));
        await purge.RunAsync(default);
        Assert.Equal(0, await EntriesAsync(gatehouse.Api));
    }

    private static async Task<int> RowsAsync(RunningGatehouse gatehouse)
    {
        var rows = 0;
        var store = gatehouse.Services.GetRequiredService<ITableStore>();
        foreach (var partition in "0123456789abcdef")
        {
            rows += (await store.ReadAsync("IdempotentCalls", $"{partition}", RowRange.All, 10, default)).Count;
            rows += (await store.ReadAsync("Custody", $"{partition}".ToUpperInvariant(), RowRange.Prefix("x:"), 10, default)).Count;
        }
        return rows;
    }

    private static async Task<int> EntriesAsync(PlatformClient api) =>
        (await api.GetAsync("/ops/v1/audit", Credential.Ops)).Ok().GetProperty("entries").GetArrayLength();

    private static async Task<string> CreateAsync(PlatformClient api) =>
        (await SendAsync(api, "/ops/v1/applications", Harbour, null)).Location!;

    private static async Task<int> CountAsync(PlatformClient api) =>
        (await api.GetAsync("/v3/applications?limit=100", api.Organization)).Ok().GetProperty("applications").GetArrayLength();

    private static MultipartFormDataContent Form(string boundary, string password) =>
        new(boundary) { { new StringContent("bot"), "label" }, { new StringContent(password), "password" } };

    private static Task<Sent> SendAsync(PlatformClient api, string path, string json, params string[]? keys) =>
        SendAsync(api, path, new StringContent(json, Encoding.UTF8, "application/json"), keys);

    private static async Task<Sent> SendAsync(PlatformClient api, string path, HttpContent content, params string[]? keys)
    {
        using var http = new HttpClient { BaseAddress = api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        Credential.Ops.AddTo(request);
        foreach (var key in keys ?? []) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var response = await http.SendAsync(request);
        return new Sent(
            response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location?.ToString(),
            Header(response.Headers, "Idempotent-Replayed"), Header(response.Headers, "X-Request-Id"), response.Headers.RetryAfter?.Delta);
    }

    private static string? Header(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.Single() : null;

    private sealed record Sent(
        HttpStatusCode Status, string Text, string? Location, string? Replayed, string? RequestId, TimeSpan? RetryAfter)
    {
        public void Problem(int status, string type) =>
            new Answer(Status, "application/problem+json", Text).Problem((HttpStatusCode)status, type);
    }
}

public sealed class IdempotencyOnServerTests() : IdempotencyTests(Head.Server);

public sealed class IdempotencyOnFunctionsHostTests() : IdempotencyTests(Head.FunctionsHost);
