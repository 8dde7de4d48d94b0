using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Storage;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Ops;

/// <summary>The archive over HTTP, filled by its timers.</summary>
public abstract class DailyCountsTests(Head head) : IAsyncLifetime, IDisposable
{
    // A time at which no schedule is due, so the timers run on request only.
    private static readonly string[] Schedules = ["--ArchiveSchedule", "0 0 0 1 1 *", "--BackfillSchedule", "0 0 0 1 1 *"];

    private readonly TestClock clock = new();
    private readonly FailingStore store = new();
    private readonly TemporaryFolder folder = new();
    private RunningGatehouse gatehouse = null!;
    private string application = "";

    private PlatformClient Api => gatehouse.Api;

    private string Path => $"/ops/v1/applications/{application}/daily_counts";

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(folder, clock, settings: Schedules, configure: store.Configure);
        var created = await Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        application = created.Body.GetProperty("app_id").GetString()!;
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Counted_messages_are_archived_and_read_as_JSON_and_as_CSV()
    {
        await SendAsync("2024-05-15", 3);
        await SendAsync("2024-05-17", 2);
        await RunOnAsync("2024-05-19");

        var answer = await GetAsync($"{Path}?from=2024-05-13&to=2024-05-19");
        Assert.Equal("application/json; charset=utf-8", answer.ContentType);
        Assert.Equal(
            """
            {"days":[{"date":"2024-05-15","count":3,"final":true,"source":"embedded"},{"date":"2024-05-16","count":0,"final":true,"source":"embedded"},{"date":"2024-05-17","count":2,"final":false,"source":"embedded"},{"date":"2024-05-18","count":0,"final":false,"source":"embedded"}],"missing":[],"pending":[],"gaps":[],"total":5}
            """,
            answer.Text);

        const string Csv = "date,count,final,source\r\n2024-05-16,0,true,embedded\r\n2024-05-17,2,false,embedded\r\n";
        var byFormat = await GetAsync($"{Path}?from=2024-05-16&to=2024-05-17&format=csv");
        Assert.Equal((HttpStatusCode.OK, "text/csv; charset=utf-8; header=present", Csv), (byFormat.Status, byFormat.ContentType, byFormat.Text));
        Assert.Equal(byFormat, await GetAsync($"{Path}?from=2024-05-16&to=2024-05-17", "text/csv"));
    }

    [Theory]
    [InlineData("text/csv, application/json;q=0.5", true)]
    [InlineData("application/json, text/csv;q=0.5", false)]
    [InlineData("text/csv, application/json", false)]
    [InlineData("text/*", true)]
    [InlineData("*/*", false)]
    [InlineData("text/csv;q=0", false)]
    [InlineData("text/csv;q=0.5, */*", false)]
    [InlineData("text/csv;q=0.5, application/*;q=0.9", false)]
    [InlineData("application/json;q=0, */*", true)]
    [InlineData("text/*;q=0.9, application/json;q=0.1", true)]
    [InlineData("text/csv;q=0.2, text/*;q=0.9, application/json;q=0.5", false)]
    [InlineData("*/*;q=0.1, application/*;q=0", true)]
    [InlineData("text/csv;header=absent, application/json;q=0.1", false)]
    [InlineData("text/csv;header=absent;q=0.1, text/csv;q=0.9, application/json;q=0.5", true)]
    [InlineData("application/json;charset=utf-8;q=0, application/json, text/csv;q=0.1", true)]
    [InlineData("application/json, text/plain, */*", false)]
    [InlineData("image/png", false)]
    [InlineData("", false)]
    [InlineData("TEXT/CSV;header=present", true)]
    [InlineData("nonsense", false)]
    public async Task CSV_is_sent_if_Accept_prefers_it_to_JSON(string accept, bool isCsv)
    {
        var answer = await GetAsync(Path, accept);
        Assert.Equal(isCsv, answer.ContentType!.StartsWith("text/csv", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Expected_days_without_a_row_are_missing()
    {
        await RunOnAsync("2024-05-18");
        clock.Set(new DateTimeOffset(2024, 5, 22, 12, 0, 0, TimeSpan.Zero));
        // The default: thirty days to yesterday.
        var body = (await GetAsync(Path)).Ok();
        Assert.Equal(["2024-05-15", "2024-05-16", "2024-05-17"], body.GetProperty("days").EnumerateArray().Select(day => day.GetProperty("date").GetString()));
        Assert.Equal(["2024-05-18", "2024-05-19", "2024-05-20"], body.GetProperty("missing").EnumerateArray().Select(day => day.GetString()));
        Assert.Equal(["2024-05-21"], body.GetProperty("pending").EnumerateArray().Select(day => day.GetString()));

        var gaps = (await GetAsync("/ops/v1/daily_counts/gaps")).Ok();
        Assert.Equal(
            $$"""{"applications":[{"app_id":"{{application}}","days":3,"missing":[{"from":"2024-05-18","to":"2024-05-20","reason":"not-read"}]}],"next":""}""",
            gaps.GetRawText());
    }

    [Theory]
    [InlineData("from=2016-02-30")]
    [InlineData("from=2016-1-5")]
    [InlineData("from=")]
    [InlineData("to=tomorrow")]
    [InlineData("from=2024-05-02&to=2024-05-01")]
    [InlineData("from=2024-05-01&from=2024-05-02")]
    [InlineData("format=xml")]
    public async Task Invalid_values_are_refused(string query) =>
        (await GetAsync($"{Path}?{query}")).Problem(HttpStatusCode.BadRequest, "invalid-request");

    [Theory]
    [InlineData("""{"from":"2024-05-01"}""")]
    [InlineData("""{"from":"2024-02-30","to":"2024-05-01"}""")]
    [InlineData("""{"from":"2024-05-02","to":"2024-05-01"}""")]
    [InlineData("""{"from":"2024-05-02","to":"2024-05-15"}""")]
    [InlineData("""{"from":"2009-12-31","to":"2010-01-01"}""")]
    [InlineData("""{"from":20240501,"to":20240502}""")]
    [InlineData("[]")]
    public async Task An_invalid_backfill_is_refused(string body) =>
        (await Api.PostAsync($"{Path}/backfill", Credential.Ops, body)).Problem(HttpStatusCode.BadRequest, "invalid-request");

    [Fact]
    public async Task The_archive_of_a_deleted_application_stays_readable_and_an_unknown_one_has_none()
    {
        await RunOnAsync("2024-05-18");
        Assert.Equal(HttpStatusCode.NoContent, (await Api.DeleteAsync($"/ops/v1/applications/{application}?confirm=Harbour", Credential.Ops)).Status);
        Assert.Equal(3, (await GetAsync($"{Path}?from=2024-05-01")).Ok().GetProperty("days").GetArrayLength());
        (await GetAsync($"/ops/v1/applications/{Guid.NewGuid()}/daily_counts")).Problem(HttpStatusCode.NotFound, "unknown-application");
        (await Api.PostAsync($"{Path}/backfill", Credential.Ops, """{"from":"2024-05-16","to":"2024-05-17"}"""))
            .Problem(HttpStatusCode.NotFound, "unknown-application");
        Assert.Equal(0, (await GetAsync("/ops/v1/daily_counts/gaps")).Ok().GetProperty("applications").GetArrayLength());
    }

    [Fact]
    public async Task A_backfill_is_an_operation_that_survives_a_restart()
    {
        clock.Set(new DateTimeOffset(2024, 6, 1, 12, 0, 0, TimeSpan.Zero));
        var accepted = await OrderAsync();
        Assert.Equal(
            ["operation_id", "status", "from", "to", "days_asked", "days_done", "days_missing", "seconds_remaining", "problem", "created_at"],
            accepted.Body.EnumerateObject().Select(member => member.Name));
        var operation = accepted.Body.GetProperty("operation_id").GetString()!;
        Assert.Equal($"{Path}/backfill/{operation}", accepted.Location);
        Assert.Equal(("running", 31, 0), Progress(accepted.Body));
        Assert.Equal(operation, (await OrderAsync()).Body.GetProperty("operation_id").GetString());

        await gatehouse.DisposeAsync();
        gatehouse = await head.StartAsync(folder, clock, settings: Schedules);
        Assert.Equal(("running", 31, 0), Progress((await GetAsync(accepted.Location!)).Ok()));
        await gatehouse.RunTimerAsync("RunBackfills");
        await UntilAsync(async () => Progress((await GetAsync(accepted.Location!)).Ok()) == ("done", 31, 31));
        Assert.Equal(0, (await GetAsync(accepted.Location!)).Body.GetProperty("seconds_remaining").GetInt64());
        Assert.Equal(31, (await GetAsync($"{Path}?from=2024-04-01&to=2024-06-01")).Ok().GetProperty("days").GetArrayLength());

        (await GetAsync($"{Path}/backfill/{Guid.NewGuid()}")).Problem(HttpStatusCode.NotFound, "not-found");
        (await GetAsync($"{Path}/backfill/none")).Problem(HttpStatusCode.NotFound, "not-found");
        (await GetAsync($"/ops/v1/applications/{Guid.NewGuid()}/daily_counts/backfill/{operation}")).Problem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Runs_are_listed_the_newest_first_page_by_page()
    {
        for (var day = 20; day < 25; day++) await RunOnAsync($"2024-05-{day}");
        var started = new List<string>();
        for (var token = ""; ;)
        {
            var page = (await GetAsync($"/ops/v1/daily_counts/runs?limit=2&token={token}")).Ok();
            foreach (var run in page.GetProperty("runs").EnumerateArray())
            {
                started.Add(run.GetProperty("started_at").GetString()!);
                Assert.Equal(("done", 1, 0), (run.GetProperty("status").GetString(), run.GetProperty("applications").GetInt32(), run.GetProperty("failed").GetInt32()));
            }
            token = page.GetProperty("next").GetString()!;
            if (token.Length == 0) break;
        }
        Assert.Equal(Enumerable.Range(0, 5).Select(back => $"2024-05-{24 - back}T01:20:00.000Z"), started);
        (await GetAsync("/ops/v1/daily_counts/runs?token=x")).Problem(HttpStatusCode.BadRequest, "invalid-request");
        (await GetAsync("/ops/v1/daily_counts/gaps?limit=101")).Problem(HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task A_store_that_fails_halfway_breaks_off_the_answer()
    {
        await SeedAsync(1500);
        // The second page of the days.
        store.FailsToRead = (table, range) => table == "DailyMessageCounts" && range.From == $"{new DateOnly(2, 1, 1).AddDays(1000):yyyy-MM-dd}";
        foreach (var format in (string[])["csv", "json"])
            await AssertBrokenOffAsync($"{Path}?from=0001-01-01&to=9999-12-31&format={format}");
        Assert.Equal(1000, (await GetAsync($"{Path}?from=0001-01-01&to=0004-09-26")).Ok().GetProperty("days").GetArrayLength());
    }

    [Fact]
    public async Task A_day_with_a_damaged_count_is_a_gap_and_the_others_are_read()
    {
        await RunOnAsync("2024-05-19");
        await SeedAsync(1500);
        StoredBytes.Damage(folder["gatehouse.db"], "DailyMessageCounts", "2024-05-16");
        await gatehouse.Services.GetRequiredService<ITableStore>().CommitAsync(
            "DailyMessageCounts", application, [RowChange.Put(new TableRow($"{new DateOnly(2, 1, 5):yyyy-MM-dd}", ("Count", "x")))], default);
        var read = (await GetAsync($"{Path}?from=0001-01-01&to=2024-05-18")).Ok();
        Assert.Equal(1500 + 4 - 2, read.GetProperty("days").GetArrayLength());
        Assert.Contains("2024-05-16", Assert.Single(read.GetProperty("missing").EnumerateArray()).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_years_are_read_in_a_stream()
    {
        await SeedAsync(12_345);
        var answer = await GetAsync($"{Path}?from=0001-01-01&to=9999-12-31&format=csv");
        var lines = answer.Text.Split("\r\n");
        Assert.Equal(12_345 + 2, lines.Length);
        Assert.Equal("0002-01-01,0,true,hosted", lines[1]);
        Assert.Equal(lines.Skip(1).SkipLast(1).Order(StringComparer.Ordinal), lines.Skip(1).SkipLast(1));
        var json = (await GetAsync($"{Path}?from=0001-01-01&to=9999-12-31")).Ok();
        Assert.Equal(12_345, json.GetProperty("days").GetArrayLength());
        Assert.Equal(12_344L * 12_345 / 2, json.GetProperty("total").GetInt64());
    }

    // On the Functions host the end of the connection can arrive before the first bytes of the answer. Then the host sends
    // its own empty 500.
    private async Task AssertBrokenOffAsync(string path)
    {
        using var client = new HttpClient { BaseAddress = Api.Address };
        client.DefaultRequestHeaders.Add(Credential.Ops.Header!, Credential.Ops.Value);
        var broken = await Record.ExceptionAsync(async () =>
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Same(Head.FunctionsHost, head);
            Assert.Equal((HttpStatusCode.InternalServerError, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        });
        if (broken is not null) Assert.IsType<HttpRequestException>(broken);
    }

    private static (string? Status, int Asked, int Done) Progress(JsonElement operation) => (
        operation.GetProperty("status").GetString(), operation.GetProperty("days_asked").GetInt32(), operation.GetProperty("days_done").GetInt32());

    private async Task<(JsonElement Body, string? Location)> OrderAsync()
    {
        using var client = new HttpClient { BaseAddress = Api.Address };
        client.DefaultRequestHeaders.Add(Credential.Ops.Header!, Credential.Ops.Value);
        using var content = new StringContent("""{"from":"2024-05-01","to":"2024-05-31"}""", Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri($"{Path}/backfill", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (JsonElement.Parse(await response.Content.ReadAsStringAsync()), response.Headers.Location?.ToString());
    }

    private Task<Answer> GetAsync(string path) => Api.GetAsync(path, Credential.Ops);

    private Task<Answer> GetAsync(string path, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        Credential.Ops.AddTo(request);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return Api.SendAsync(request);
    }

    // Days before the creation of the application.
    private async Task SeedAsync(int days)
    {
        foreach (var chunk in Enumerable.Range(0, days).Chunk(100))
        {
            (await store.CommitAsync(
                "DailyMessageCounts", application,
                [
                    .. chunk.Select(day => RowChange.Put(new TableRow(
                        $"{new DateOnly(2, 1, 1).AddDays(day):yyyy-MM-dd}", ("Count", (long)day), ("Source", "hosted"), ("Final", true),
                        ("ArchivedAt", clock.GetUtcNow())))),
                ],
                default)).OrThrow();
        }
    }

    private async Task SendAsync(string day, int messages)
    {
        var noon = DateTimeOffset.Parse($"{day}T12:00:00Z", CultureInfo.InvariantCulture);
        if (noon > clock.GetUtcNow()) clock.Set(noon);
        var events = Enumerable.Range(0, messages).Select(number =>
            $$"""{"type":"message","message_id":"{{day}}/{{number}}","user_id":"u{{number}}","channel_url":"c","sent_at":{{noon.ToUnixTimeMilliseconds()}}}""");
        (await Api.PostAsync($"/ops/v1/applications/{application}/events", Credential.Ops, $$"""{"events":[{{string.Join(',', events)}}]}""")).Ok();
    }

    private async Task RunOnAsync(string day)
    {
        clock.Set(DateTimeOffset.Parse($"{day}T01:20:00Z", CultureInfo.InvariantCulture));
        await gatehouse.RunTimerAsync("ArchiveMessageCounts");
        await UntilAsync(async () =>
        {
            var runs = (await GetAsync("/ops/v1/daily_counts/runs?limit=1")).Ok().GetProperty("runs");
            return runs.GetArrayLength() == 1 && runs[0].GetProperty("status").GetString() == "done"
                && runs[0].GetProperty("started_at").GetString()!.StartsWith(day, StringComparison.Ordinal);
        });
    }

    // The request for a timer run is answered before the run.
    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var waited = Stopwatch.StartNew();
        while (!await isSo()) Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "The timer has not run.");
    }
}

public sealed class DailyCountsOnServerTests() : DailyCountsTests(Head.Server);

public sealed class DailyCountsOnFunctionsHostTests() : DailyCountsTests(Head.FunctionsHost);
