using System.Text;
using FsCheck.Fluent;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Usage;

public sealed class UsageEventReaderTests
{
    private static readonly DateTimeOffset Now = new(2024, 5, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly long NowMs = Now.ToUnixTimeMilliseconds();

    [Fact]
    public void Each_type_of_event_is_read_with_its_members_in_any_order()
    {
        var events = Read($$"""
            {"events":[
              {"type":"message","message_id":"m","user_id":"u","channel_url":"c","sent_at":{{NowMs}}},
              {"sent_at":{{NowMs}},"node":{"type":"active"},"channel_url":"c","user_id":"u","message_id":"m","type":"message"},
              {"type":"active","user_id":"u","at":{{NowMs}}},
              {"type":"connections","node":"n","count":0,"user_id":7}]}
            """);

        Assert.Equal([UsageEventKind.Message, UsageEventKind.Message, UsageEventKind.Active, UsageEventKind.Connections], events.Select(one => one.Kind));
        Assert.Equal(events[0], events[1]);
        Assert.Equal(UsageEvent.OfMessage("m"u8, "u"u8, "c"u8, Now), events[0]);
        Assert.Equal(UsageEvent.OfActive("u"u8, Now), events[2]);
        Assert.Equal(UsageEvent.OfConnections("n", 0), events[3]);
    }

    [Theory]
    [InlineData("5", "\"5\"", true)]
    [InlineData("5", "\"\\u0035\"", true)]
    [InlineData("-0", "0", true)]
    [InlineData("9223372036854775807", "\"9223372036854775807\"", true)]
    [InlineData("\"a\\/b\"", "\"a/b\"", true)]
    [InlineData("\"\\u00e9\"", "\"é\"", true)]
    [InlineData("\"é\"", "\"e\u0301\"", false)]
    [InlineData("\"A\"", "\"a\"", false)]
    [InlineData("\"05\"", "5", false)]
    public void Differently_escaped_ids_are_the_same_id(string one, string other, bool same) =>
        Assert.Equal(same, Message(one).Message == Message(other).Message);

    [Theory]
    [InlineData("message_id", "\"\"", "must not be empty")]
    [InlineData("message_id", "1.5", "64-bit integer")]
    [InlineData("message_id", "9223372036854775808", "64-bit integer")]
    [InlineData("message_id", "null", "message_id is required")]
    [InlineData("message_id", "true", "must be a string")]
    [InlineData("user_id", "5", "must be a string")]
    [InlineData("user_id", "[\"u\"]", "must be a string")]
    [InlineData("user_id", "\"\\ud800\"", "not valid Unicode")]
    [InlineData("channel_url", "{}", "must be a string")]
    [InlineData("type", "\"massage\"", "type must be message, active or connections")]
    [InlineData("type", "5", "type must be a string")]
    [InlineData("sent_at", "\"2024-05-15\"", "milliseconds")]
    [InlineData("sent_at", "1.5", "milliseconds")]
    [InlineData("sent_at", "1262303999999", "from 2010")]
    [InlineData("sent_at", "1e300", "milliseconds")]
    public void The_first_invalid_event_is_named(string member, string value, string fault)
    {
        var wrong = Event().Replace($"\"{member}\":", $"\"{member}\":{value},\"node\":", StringComparison.Ordinal);

        var refusal = Assert.Throws<UsageRequestException>(() => Read($$"""{"events":[{{Event()}},{{wrong}},{"type":"?"}]}"""));

        Assert.Equal(1, refusal.Index);
        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type")]
    [InlineData("message_id")]
    [InlineData("user_id")]
    [InlineData("channel_url")]
    [InlineData("sent_at")]
    public void A_missing_member_is_named(string member)
    {
        var refusal = Assert.Throws<UsageRequestException>(() =>
            Read($$"""{"events":[{{Event().Replace(member, "node", StringComparison.Ordinal)}}]}"""));

        Assert.Equal((0, $"{member} is required."), (refusal.Index, refusal.Message));
    }

    [Theory]
    [InlineData("chanel_url", "There is no field 'chanel_url'. Did you mean channel_url?")]
    [InlineData("CHANNEL_URL", "There is no field 'CHANNEL_URL'. Did you mean channel_url?")]
    [InlineData("custom", "There is no field 'custom'. There is type, message_id, user_id, channel_url, sent_at, at, node, count.")]
    [InlineData("", "There is no field ''. There is type, message_id, user_id, channel_url, sent_at, at, node, count.")]
    public void An_unknown_member_is_refused_with_the_nearest_known_one(string member, string message)
    {
        var refusal = Assert.Throws<UsageRequestException>(() =>
            Read($$"""{"events":[{"type":"active","user_id":"u","at":{{NowMs}},"{{member}}":1}]}"""));
        Assert.Equal((0, message), (refusal.Index, refusal.Message));
    }

    [Fact]
    public void An_unknown_member_beside_the_events_is_refused()
    {
        var refusal = Assert.Throws<UsageRequestException>(() => Read("""{"event":[],"events":[]}"""));
        Assert.Equal("There is no field 'event'. Did you mean events?", refusal.Message);
    }

    [Fact]
    public void Integers_written_with_a_fraction_of_zero_are_read()
    {
        Assert.Equal(Read($$"""{"events":[{"type":"active","user_id":"u","at":{{NowMs}}}]}"""), Read($$"""{"events":[{"type":"active","user_id":"u","at":{{NowMs}}.0}]}"""));
        Assert.Equal(UsageEvent.OfConnections("n", 3), Assert.Single(Read("""{"events":[{"type":"connections","node":"n","count":3.0}]}""")));
    }

    [Theory]
    [InlineData("a", 256)]
    [InlineData("é", 128)]
    [InlineData("\U0001F600", 64)]
    [InlineData("\\u0041", 256)]
    [InlineData("\\ud83d\\ude00", 64)]
    public void An_id_may_have_256_bytes_and_not_one_more(string character, int times)
    {
        var longest = string.Concat(Enumerable.Repeat(character, times));

        Read($$"""{"events":[{"type":"active","user_id":"{{longest}}","at":{{NowMs}}}]}""");
        var refusal = Assert.Throws<UsageRequestException>(() =>
            Read($$"""{"events":[{"type":"active","user_id":"{{longest}}b","at":{{NowMs}}}]}"""));
        Assert.Contains("at most 256 bytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_may_lie_a_day_ahead_and_not_a_millisecond_more()
    {
        var latest = NowMs + 24 * 60 * 60 * 1000;

        Read($$"""{"events":[{"type":"active","user_id":"u","at":{{latest}}},{"type":"active","user_id":"u","at":1262304000000}]}""");
        Assert.Throws<UsageRequestException>(() => Read($$"""{"events":[{"type":"active","user_id":"u","at":{{latest + 1}}}]}"""));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1000000001")]
    [InlineData("1.5")]
    [InlineData("\"5\"")]
    public void A_count_of_connections_out_of_range_is_refused(string count) =>
        Assert.Throws<UsageRequestException>(() => Read($$"""{"events":[{"type":"connections","node":"n","count":{{count}}}]}"""));

    [Fact]
    public void A_request_has_a_thousand_events_and_not_one_more()
    {
        Assert.Empty(Read("""{"events":[]}"""));
        Assert.Equal(1_000, Read(Events(1_000)).Count);
        var refusal = Assert.Throws<UsageRequestException>(() => Read(Events(1_001)));
        Assert.Null(refusal.Index);

        static string Events(int count) => $$"""{"events":[{{string.Join(',', Enumerable.Repeat(Event(), count))}}]}""";
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"events\":{}}")]
    [InlineData("{\"events\":null}")]
    [InlineData("{\"events\":[]} x")]
    [InlineData("{\"events\":[]")]
    [InlineData("{\"events\":[],\"events\":[]}")]
    [InlineData("{\"events\":[1]}")]
    [InlineData("{\"events\":[[]]}")]
    [InlineData("{\"events\":[null]}")]
    public void A_body_without_a_list_of_events_is_refused(string body) =>
        Assert.Throws<UsageRequestException>(() => Read(body));

    [Fact]
    public void A_body_that_is_not_UTF_8_is_refused()
    {
        var body = Encoding.Latin1.GetBytes($$"""{"events":[{"type":"active","user_id":"é","at":{{NowMs}}}]}""");

        Assert.Throws<UsageRequestException>(() => UsageEventReader.Read(body, Now));
    }

    [Theory]
    [InlineData("\"message_id\":1", "", "payload.message_id is required.")]
    [InlineData("\"message_id\":1", "\"message_id\":true", "payload.message_id must be a string.")]
    [InlineData("\"message_id\":1", "\"message_id\":1.5", "payload.message_id must be a string or a 64-bit integer.")]
    [InlineData("\"created_at\":", "\"at\":", "payload.created_at is required.")]
    [InlineData("\"created_at\":", "\"created_at\":9", "payload.created_at must be from 2010 to 24 hours from now.")]
    [InlineData("\"created_at\":", "\"created_at\":\"x\",\"at\":", "payload.created_at must be a number of milliseconds.")]
    [InlineData("\"user_id\":\"u\"", "\"user_id\":7", "sender.user_id must be a string.")]
    [InlineData("\"user_id\":\"u\"", "\"user_id\":\"\"", "sender.user_id must not be empty.")]
    [InlineData("\"channel_url\":\"c\"", "", "channel.channel_url is required.")]
    [InlineData("\"channel_url\":\"c\"", "\"channel_url\":[]", "channel.channel_url must be a string.")]
    [InlineData("\"payload\"", "\"load\"", "payload.message_id is required.")]
    public void A_webhook_s_error_names_the_member_that_was_sent(string sent, string instead, string message)
    {
        var body = $$"""{"category":"group_channel:message_send","sender":{"user_id":"u"},"payload":{"created_at":{{NowMs}},"message_id":1},"channel":{"channel_url":"c"} }""";
        Assert.NotNull(WebhookMessage.Read(Encoding.UTF8.GetBytes(body), Now));
        var changed = body.Replace(sent, instead, StringComparison.Ordinal).Replace(",}", "}", StringComparison.Ordinal);

        var refused = Assert.Throws<UsageRequestException>(() => WebhookMessage.Read(Encoding.UTF8.GetBytes(changed), Now));

        Assert.Equal(message, refused.Message);
    }

    [Fact]
    public void No_body_causes_an_internal_error()
    {
        var piece = Gen.OneOf(
            Gen.Elements("{", "}", "[", "]", ":", ",", "\"events\"", "\"type\"", "\"message\"", "\"user_id\"", "\"message_id\"", "\"at\"",
                "null", "1", "-1e999", "\"\\ud800\"", "\"\\u0000\"", Event(), " "),
            from code in Gen.Choose(0, 255) select Encoding.Latin1.GetString([(byte)code]));
        var body = from pieces in Gen.ListOf(piece) select string.Concat(pieces);
        var shaped = from inner in body select $$"""{"events":[{"type":"active",{{inner}}]}""";

        Properties.Check(Gen.OneOf(body, shaped), text =>
        {
            try
            {
                UsageEventReader.Read(Encoding.Latin1.GetBytes(text), Now);
                WebhookMessage.Read(Encoding.Latin1.GetBytes(text), Now);
            }
            catch (UsageRequestException)
            {
                // Refused, with a reason.
            }
        }, tests: 3_000);
    }

    private static string Event() =>
        $$"""{"type":"message","message_id":"m","user_id":"u","channel_url":"c","sent_at":{{NowMs}}}""";

    private static UsageEvent Message(string id) =>
        Read($$"""{"events":[{{Event().Replace("\"m\"", id, StringComparison.Ordinal)}}]}""")[0];

    private static IReadOnlyList<UsageEvent> Read(string body) => UsageEventReader.Read(Encoding.UTF8.GetBytes(body), Now);
}
