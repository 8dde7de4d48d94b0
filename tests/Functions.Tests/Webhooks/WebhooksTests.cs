using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Webhooks;

public abstract class WebhooksTests(Head head) : IAsyncLifetime
{
    private const string Day = "2018-10-29";

    private readonly TestClock clock = new(new DateTimeOffset(2018, 10, 29, 12, 0, 0, TimeSpan.Zero));
    private RunningGatehouse gatehouse = null!;
    private CreatedApplication application = null!;

    private PlatformClient Api => gatehouse.Api;

    public async Task InitializeAsync()
    {
        gatehouse = await head.StartAsync(clock: clock);
        application = await Api.CreateApplicationAsync();
    }

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    [Fact]
    public async Task A_message_whose_webhook_is_repeated_counts_once()
    {
        for (var delivery = 0; delivery < 3; delivery++) (await SendAsync(Message("238303376"))).Ok();
        (await SendAsync(Message("\"238303376\""))).Ok();
        (await SendAsync(Message("7", category: "open_channel:message_send"))).Ok();

        Assert.Equal(2, await CountAsync());
        Assert.Equal("""{"dau":1}""", (await Api.GetAsync($"/v3/applications/dau?date={Day}", application.Master)).Text);
    }

    [Fact]
    public async Task A_webhook_about_a_message_older_than_three_days_is_answered_and_not_counted()
    {
        clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(1540798555343) + TimeSpan.FromDays(3));
        (await SendAsync(Message("1"))).Ok();
        Assert.Equal(1, await CountAsync());
        clock.Advance(TimeSpan.FromMilliseconds(1));
        (await SendAsync(Message("2"))).Ok();
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_replay_after_the_mark_is_gone_does_not_count_again()
    {
        (await SendAsync(Message("1"))).Ok();
        clock.Advance(TimeSpan.FromDays(5));
        await gatehouse.RunTimerAsync("PurgeUsageMarks");
        (await SendAsync(Message("1"))).Ok();
        var answer = (await Api.RecordAsync(application, """{"type":"message","message_id":"9","user_id":"Jeff","channel_url":"c","sent_at":1540798555343}""")).Ok();
        Assert.Equal("""[{"index":0,"reason":"too_old"}]""", answer.GetProperty("refused").GetRawText());
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_message_that_was_posted_as_an_event_is_not_counted_again()
    {
        (await SendAsync(Message("238303376"))).Ok();

        var answer = (await Api.RecordAsync(application, """{"type":"message","message_id":"238303376","user_id":"Jeff","channel_url":"c","sent_at":1540798555343}""")).Ok();

        Assert.Equal(1, answer.GetProperty("duplicates").GetInt32());
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Messages_that_were_delivered_are_not_rate_limited()
    {
        for (var number = 0; number < 12; number++) (await SendAsync(Message($"{number}"))).Ok();

        Assert.Equal(12, await CountAsync());
    }

    [Fact]
    public async Task The_signature_is_of_the_raw_bytes()
    {
        const string Escaped = """{"category":"group_channel:message_send","sender":{"user_id":"J"},"payload":{"message_id":1,"created_at":1540798555343},"channel":{"channel_url":"a\/b"}}""";
        var same = Escaped.Replace("\\/", "/", StringComparison.Ordinal);
        Assert.NotEqual(Escaped, same);

        Refused(await SendAsync(same, signatures: Sign(Escaped)));
        Refused(await SendAsync(Escaped + " ", signatures: Sign(Escaped)));
        Assert.Equal(0, await CountAsync());
        (await SendAsync(Escaped, signatures: Sign(Escaped))).Ok();
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_missing_or_wrong_signature_is_refused_and_leaves_no_trace()
    {
        var body = Message("1");
        var right = Sign(body);
        var secondary = await Api.IssueTokenAsync(application.Master);
        foreach (var signatures in (string[][])[
            [], [""], [right.ToUpperInvariant()], [right[..^1]], [right + "0"], [right, right], [$"{right},{right}"],
            [Sign(body, secondary.Value)], [Sign(body, "")], [Sign("{}")]])
        {
            Refused(await SendAsync(body, signatures: signatures));
        }

        Assert.Equal(0, await CountAsync());
        Assert.Equal("""{"dau":0}""", (await Api.GetAsync($"/v3/applications/dau?date={Day}", application.Master)).Text);
        (await SendAsync(body)).Ok();
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task An_unknown_application_is_answered_like_a_wrong_signature()
    {
        var wrong = await SendAsync(Message("1"), signatures: Sign("{}"));
        var deleted = await Api.CreateApplicationAsync();
        (await Api.DeleteAsync("/v3/applications", deleted.Master)).Ok();
        foreach (var id in (string[])["x", Guid.NewGuid().ToString(), deleted.Id])
        {
            foreach (var signature in (string[])[Sign("{}"), Sign(Message("1"), deleted.Master.Value), Sign(Message("1"))])
            {
                var answer = await SendAsync(Message("1"), id, signature);
                Refused(answer);
                Assert.Equal(wrong.Body.GetProperty("detail").GetString(), answer.Body.GetProperty("detail").GetString());
            }
        }
    }

    [Theory]
    [InlineData("group_channel:message_update")]
    [InlineData("group_channel:create")]
    [InlineData("")]
    public async Task Events_of_other_categories_are_accepted_and_ignored(string category)
    {
        (await SendAsync(Message("1", category))).Ok();
        (await SendAsync("{}")).Ok();
        (await SendAsync("""{"category":7}""")).Ok();

        Assert.Equal(0, await CountAsync());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"category\":\"group_channel:message_send\"}")]
    [InlineData("{\"category\":\"group_channel:message_send\",\"payload\":7}")]
    public async Task A_signed_body_that_is_not_a_message_is_refused(string body) =>
        (await SendAsync(body)).Problem(HttpStatusCode.BadRequest, "invalid-events");

    [Theory]
    [InlineData("created_at", "payload.created_at")]
    [InlineData("message_id", "payload.message_id")]
    [InlineData("channel_url", "channel.channel_url")]
    public async Task A_missing_member_is_named_as_it_is_sent(string member, string name)
    {
        var problem = (await SendAsync(Message("1").Replace(member, "x", StringComparison.Ordinal))).Problem(HttpStatusCode.BadRequest, "invalid-events");
        Assert.Equal($"{name} is required.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_message_without_a_sender_counts_as_a_message_and_not_for_a_user()
    {
        (await SendAsync(Message("1").Replace("sender", "other", StringComparison.Ordinal))).Ok();

        Assert.Equal(1, await CountAsync());
        Assert.Equal("""{"dau":0}""", (await Api.GetAsync($"/v3/applications/dau?date={Day}", application.Master)).Text);
    }

    [Fact]
    public async Task A_body_of_1_MiB_is_read_and_one_byte_more_is_413()
    {
        var body = Message("1");
        body += new string(' ', 1024 * 1024 - body.Length);

        (await SendAsync(body)).Ok();
        (await SendAsync(body + " ")).Problem(HttpStatusCode.RequestEntityTooLarge, "body-too-large");
        Assert.Equal(1, await CountAsync());
    }

    private static string Message(string id, string category = "group_channel:message_send") => $$"""
        {"category":"{{category}}","sender":{"user_id":"Jeff","nickname":"J"},"type":"MESG","payload":{"message_id":{{id}},"message":"hi \/","created_at":1540798555343},"channel":{"channel_url":"sendbird_group_channel_1"},"app_id":"x","sdk":"API"}
        """;

    private async Task<long> CountAsync() => (await Api.DailyCountsAsync(application, Day, Day))[0].Count;

    private string Sign(string body, string? secret = null) => Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret ?? application.Master.Value), Encoding.UTF8.GetBytes(body)));

    private Task<Answer> SendAsync(string body) => SendAsync(body, application.Id, Sign(body));

    private Task<Answer> SendAsync(string body, params string[] signatures) => SendAsync(body, application.Id, signatures);

    private async Task<Answer> SendAsync(string body, string id, params string[] signatures)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/webhooks/{id}");
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var signature in signatures) request.Headers.TryAddWithoutValidation("x-sendbird-signature", signature);
        return await Api.SendAsync(request);
    }

    private static void Refused(Answer answer) => answer.Problem(HttpStatusCode.Unauthorized, "unauthenticated");
}

public sealed class WebhooksOnServerTests() : WebhooksTests(Head.Server);

public sealed class WebhooksOnFunctionsHostTests() : WebhooksTests(Head.FunctionsHost);
