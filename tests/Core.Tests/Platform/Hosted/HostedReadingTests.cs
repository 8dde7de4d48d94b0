using Gatehouse.Common;
using Gatehouse.Platform;
using Gatehouse.Platform.Hosted;

namespace Gatehouse.Tests.Platform.Hosted;

/// <summary>The platform's answers in every form seen so far, and in malformed ones.</summary>
public sealed class HostedReadingTests
{
    private const string Token = "0123456789abcdef0123456789abcdef01234567";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly AppId Id = AppId.TryParse("D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6")!.Value;
    private static readonly ApplicationCredential Master = new(Id, ApiToken.TryParse(Token)!);

    private readonly ScriptedNetwork network = new();

    private HostedPlatform Platform => field ??= network.QuickPlatform();

    [Theory]
    [InlineData("1500000000123", "2017-07-14T02:40:00.123Z")]
    [InlineData("1500000000", "2017-07-14T02:40:00.000Z")]
    [InlineData("1500000000.5", "2017-07-14T02:40:00.500Z")]
    [InlineData("\"1500000000123\"", "2017-07-14T02:40:00.123Z")]
    [InlineData("\"2017-07-14T02:40:00Z\"", "2017-07-14T02:40:00.000Z")]
    [InlineData("\"2017-07-14T04:40:00.123+02:00\"", "2017-07-14T02:40:00.123Z")]
    public async Task The_time_of_issue_is_read_in_every_form(string createdAt, string expected)
    {
        network.Ok($$"""{"token":"{{Token}}","created_at":{{createdAt}},"unknown":[{}]}""");
        var issued = await Platform.IssueTokenAsync(Master, None);
        Assert.Equal((Token, DateTimeOffset.Parse(expected)), (issued.Token.Reveal(), issued.CreatedAt));
    }

    [Theory]
    [InlineData("""{"api_tokens":["TOKEN"]}""")]
    [InlineData("""{"api_tokens":[{"token":"TOKEN"}]}""")]
    [InlineData("""{"api_tokens":[{"api_token":"TOKEN"}],"next":""}""")]
    [InlineData("""[{"token":"TOKEN"}]""")]
    [InlineData("\uFEFF {\"api_tokens\":[\"TOKEN\"]}\r\n")]
    public async Task Tokens_are_strings_or_objects(string body)
    {
        network.Ok(body.Replace("TOKEN", Token, StringComparison.Ordinal));
        Assert.Equal(Token, Assert.Single(await Platform.ListTokensAsync(Master, None)).Token.Reveal());
    }

    [Fact]
    public async Task An_application_is_read_with_any_case_of_its_id_and_any_form_of_its_token()
    {
        network.Ok($$$"""{"app_id":"{{{Id.ToString().ToLowerInvariant()}}}","app_name":"Harbour","api_token":{"token":"{{{Token}}}"},"region":{"region_key":"x"}}""");
        var viewed = await Platform.ViewAsync(Master, None);
        Assert.Equal((Id, "Harbour", Token), (viewed.Id, viewed.Name, viewed.Token.Reveal()));
        Assert.Equal($"https://api-{Id.ToString().ToLowerInvariant()}.example.com/v3/applications/info", Assert.Single(network.Sent).Url);
    }

    [Fact]
    public async Task Counts_are_numbers_or_strings()
    {
        network.Ok("""{"ccu":"17"}""").Ok("""{"message_count":{"2024-05-15":3,"2024-05-14":0,"2024-05-13":"4","other":null}}""");
        Assert.Equal(17, await Platform.ViewCcuAsync(Master, None));
        var answer = await Platform.ViewDailyCountsAsync(Master, new(2024, 5, 13), new(2024, 5, 15), None);
        Assert.Equal(
            [new DailyCount(new(2024, 5, 15), 3), new DailyCount(new(2024, 5, 14), 0), new DailyCount(new(2024, 5, 13), 4)],
            answer.Counts);
        Assert.Empty(answer.Unreadable);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"message_count":null}""")]
    [InlineData("""{"message_count":{}}""")]
    [InlineData("""{"message_count":[]}""")]
    [InlineData("""{"message_count":{"2024-05-14":null,"2024-05-15":[],"2024-05-16":7,"20240513":7}}""")]
    public async Task A_day_that_the_answer_leaves_out_in_any_form_is_not_a_count(string body)
    {
        network.Ok(body);
        var answer = await Platform.ViewDailyCountsAsync(Master, new(2024, 5, 13), new(2024, 5, 15), None);
        Assert.Empty(answer.Counts);
        Assert.Empty(answer.Unreadable);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"n/a\"")]
    [InlineData("\"\"")]
    [InlineData("1.5")]
    [InlineData("1e30")]
    [InlineData("9223372036854775808")]
    [InlineData("true")]
    [InlineData("{\"count\":3}")]
    [InlineData("[3]")]
    [InlineData("\"\\ud800\"")]
    public async Task A_day_whose_value_is_not_a_count_does_not_affect_the_others(string value)
    {
        network.Ok($$$"""{"message_count":{"2024-05-15":3,"2024-05-14":{{{value}}},"2024-05-13":0}}""");
        var answer = await Platform.ViewDailyCountsAsync(Master, new(2024, 5, 13), new(2024, 5, 15), None);
        Assert.Equal([new DailyCount(new(2024, 5, 15), 3), new DailyCount(new(2024, 5, 13), 0)], answer.Counts);
        Assert.Equal([new DateOnly(2024, 5, 14)], answer.Unreadable);
    }

    [Theory]
    [InlineData("\"0001-01-01T00:00:00Z\"")]
    [InlineData("\"1600-12-31T23:59:59Z\"")]
    [InlineData("\"9999-12-31T23:59:59Z\"")]
    [InlineData("-62135596800")]
    [InlineData("1e300")]
    [InlineData("\"\"")]
    [InlineData("\"yesterday\"")]
    [InlineData("null")]
    [InlineData("[]")]
    public async Task A_time_of_creation_that_cannot_be_right_counts_as_not_reported(string createdAt)
    {
        network.Ok($$"""{"app_id":"{{Id}}","name":"Harbour","api_token":"{{Token}}","created_at":{{createdAt}}}""");
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        Assert.InRange((await Platform.ViewAsync(Master, None)).CreatedAt, before, before.AddMinutes(5));
    }

    [Fact]
    public async Task Push_configurations_are_read_in_all_their_forms()
    {
        network
            .Ok("""{"push_configurations":["a1",{"id":"b2"}]}""")
            .Ok("""{"push_configurations":[{"push_type":"FCM","id":"a1","project_id":"p","private_key_id":"k"},{"id":"b2","gcm_sender_id":7,"gcm_api_key":null}]}""")
            .Ok("""{"push_configurations":[{"id":"c3","apns_name":"n","apns_cer_env_type":"production","apns_expiration":1800000000,"has_unread_count_badge":1,"created_at":1500000000}]}""");
        Assert.Equal(["a1", "b2"], await Platform.AddPushConfigurationsAsync(Master, new SenderRegistration(PushType.Gcm, "1", "k"), None));
        Assert.Equal(
            [new ServiceAccountPushConfiguration("a1", DateTimeOffset.UnixEpoch, "p", "k"), new SenderPushConfiguration("b2", PushType.Fcm, DateTimeOffset.UnixEpoch, "7", "")],
            await Platform.ListPushConfigurationsAsync(Master, PushType.Fcm, None));
        Assert.Equal(
            new CertificatePushConfiguration(
                "c3", DateTimeOffset.FromUnixTimeSeconds(1500000000), "n", true, DateTimeOffset.FromUnixTimeSeconds(1800000000),
                new ApnsOptions(true, false, false, "")),
            Assert.Single(await Platform.ListPushConfigurationsAsync(Master, PushType.Apns, None)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("{}")]
    [InlineData("[]")]
    public async Task An_answer_without_content_may_be_empty(string body)
    {
        network.Ok(body).Ok(body).Answer(204, "");
        await Platform.RevokeTokenAsync(Master, Master.Token, None);
        await Platform.DeletePushConfigurationAsync(Master, PushType.Gcm, "a1", None);
        await Platform.DeleteAsync(Master, None);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("<html>502</html>")]
    [InlineData("{\"api_tokens\":")]
    [InlineData("{\"api_tokens\":{}}")]
    [InlineData("{\"api_tokens\":[null]}")]
    [InlineData("{\"api_tokens\":[{\"token\":\"\\ud800\"}]}")]
    [InlineData("{\"api_tokens\":[{\"token\":\"too short\"}]}")]
    public async Task A_malformed_answer_is_a_failure_that_does_not_quote_it(string body)
    {
        network.Otherwise = () => ScriptedNetwork.Response(200, body);
        var failure = await Assert.ThrowsAsync<PlatformException>(() => Platform.ListTokensAsync(Master, None));
        Assert.Equal((503, false), (failure.Status, failure.IsRefusal));
        if (body.Length > 2) Assert.DoesNotContain(body, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_body_ends_the_request()
    {
        var endless = new EndlessStream();
        network.Otherwise = () => new HttpResponseMessage { Content = new StreamContent(endless) };
        var failure = await Assert.ThrowsAsync<PlatformException>(() => Platform.ListTokensAsync(Master, None));
        Assert.Equal((503, false), (failure.Status, failure.IsRefusal));
        Assert.InRange(endless.Taken, 1, 64 * 1024 * 1024);
    }

    [Fact]
    public async Task A_page_whose_next_is_itself_is_malformed()
    {
        var platform = network.Platform(new TestClock(), new MemoryVault().With("platform-organization-token", "abc"));
        network.Otherwise = () => ScriptedNetwork.Response(200, """{"applications":[],"next":"same"}""");
        Assert.Equal("same", (await platform.ListAsync(10, null, None)).Next);
        Assert.False((await Assert.ThrowsAsync<PlatformException>(() => platform.ListAsync(10, "same", None))).IsRefusal);
    }

    private sealed class EndlessStream : Stream
    {
        public long Taken { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Taken; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Taken += count;
            buffer.AsSpan(offset, count).Fill((byte)' ');
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
