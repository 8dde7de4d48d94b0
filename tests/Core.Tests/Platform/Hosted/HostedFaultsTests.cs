using Gatehouse.Platform;
using Gatehouse.Platform.Hosted;

namespace Gatehouse.Tests.Platform.Hosted;

/// <summary>How the platform's refusals and failures are interpreted.</summary>
public sealed class HostedFaultsTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ApplicationCredential Master = new(AppId.Generate(), ApiToken.Generate());

    private readonly TestClock clock = new();
    private readonly ScriptedNetwork network = new();

    private HostedPlatform Platform => field ??= network.Platform(clock, new MemoryVault());

    [Theory]
    [InlineData(400100)]
    [InlineData(400105)]
    [InlineData(400108)]
    [InlineData(400110)]
    [InlineData(400111)]
    [InlineData(400113)]
    [InlineData(400201)]
    [InlineData(400203)]
    [InlineData(400304)]
    [InlineData(400401)]
    [InlineData(400403)]
    [InlineData(400404)]
    [InlineData(900020)]
    public async Task A_refusal_keeps_its_code_and_message(int code)
    {
        network.Answer(400, $$"""{"message":"\"name\" is wrong.","code":{{code}},"error":true}""");
        var refusal = await Assert.ThrowsAsync<PlatformException>(() => Platform.IssueTokenAsync(Master, None));
        Assert.Equal((400, code, "\"name\" is wrong.", true), (refusal.Status, refusal.Code, refusal.Message, refusal.IsRefusal));
        Assert.Single(network.Sent);
    }

    [Fact]
    public async Task A_code_may_be_a_string_and_an_error_may_have_status_200()
    {
        network.Answer(200, """{"message":"no","code":"400201","error":true}""");
        Assert.Equal(400201, (await Assert.ThrowsAsync<PlatformException>(() => Platform.ViewCcuAsync(Master, None))).Code);
    }

    [Theory]
    [InlineData(429, "{}", "X-RateLimit-RetryAfter", "30", 30)]
    [InlineData(429, "<html>", "Retry-After", "30", 30)]
    [InlineData(400, """{"message":"slow down","code":500910,"error":true}""", "Retry-After", "Wed, 15 May 2024 12:00:30 GMT", 30)]
    [InlineData(429, "", "Retry-After", "1000000000", 86400)]
    public async Task Too_many_requests_give_a_Retry_After(int status, string body, string header, string value, int seconds)
    {
        network.Answer(status, body, (header, value));
        var refusal = await Assert.ThrowsAsync<PlatformException>(() => Platform.IssueTokenAsync(Master, None));
        Assert.Equal((429, 500910, TimeSpan.FromSeconds(seconds), true), (refusal.Status, refusal.Code, refusal.RetryAfter, refusal.IsRefusal));
    }

    [Theory]
    [InlineData(500, """{"message":"Unexpected.","code":500901,"error":true}""", 500)]
    [InlineData(400, """{"message":"Unexpected.","code":500901,"error":true}""", 503)]
    [InlineData(503, "<html>Service Unavailable</html>", 503)]
    [InlineData(502, "", 503)]
    [InlineData(400, "<html>Bad Request</html>", 502)]
    [InlineData(405, "", 502)]
    [InlineData(403, "<html>Request blocked</html>", 503)]
    [InlineData(404, "", 502)]
    [InlineData(404, """{"detail":"Not found."}""", 502)]
    [InlineData(400, """{"error":"invalid"}""", 502)]
    [InlineData(302, "", 503)]
    [InlineData(200, "<html>Maintenance</html>", 503)]
    [InlineData(200, "", 503)]
    public async Task Other_answers_are_failures_and_not_refusals(int status, string body, int expected)
    {
        network.Answer(status, body, ("Location", "https://elsewhere.example.com/"));
        var failure = await Assert.ThrowsAsync<PlatformException>(() => Platform.IssueTokenAsync(Master, None));
        Assert.Equal((expected, 500901, false, false), (failure.Status, failure.Code, failure.IsRefusal, failure.NotSent));
        if (expected == 502) Assert.Equal("Platform__ApplicationUrl", failure.Setting);
        Assert.Single(network.Sent);
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.ConnectionError)]
    [InlineData(HttpRequestError.SecureConnectionError)]
    public async Task An_unreachable_platform_has_done_nothing(HttpRequestError error)
    {
        for (var count = 0; count < 3; count++) network.Fail(new HttpRequestException(error));
        var platform = network.QuickPlatform();
        var failure = await Assert.ThrowsAsync<PlatformException>(() => platform.IssueTokenAsync(Master, None));
        Assert.Equal((503, true, true), (failure.Status, failure.IsRefusal, failure.NotSent));
        Assert.Equal(3, network.Sent.Count);
    }

    [Fact]
    public async Task A_message_does_not_repeat_secrets_that_were_sent()
    {
        var other = ApiToken.Generate();
        var registration = new SenderRegistration(PushType.Gcm, "1", "the key");
        foreach (var secret in (string[])[Master.Token.Reveal(), other.Reveal(), "the key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
        {
            network.Otherwise = () => ScriptedNetwork.Response(400, $$"""{"message":"What is {{secret}}?\r\n","code":400111,"error":true}""");
            Func<Task>[] works = [() => Platform.RevokeTokenAsync(Master, other, None), () => Platform.AddPushConfigurationsAsync(Master, registration, None)];
            var messages = new List<string>();
            foreach (var work in works) messages.Add((await Assert.ThrowsAsync<PlatformException>(work)).Message);
            Assert.DoesNotContain(secret, messages[secret == "the key" ? 1 : 0], StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_long_message_is_cut()
    {
        network.Answer(400, $$"""{"message":"{{new string('x', 100_000)}}","code":400111,"error":true}""");
        Assert.Equal(300, (await Assert.ThrowsAsync<PlatformException>(() => Platform.ViewCcuAsync(Master, None))).Message.Length);
    }
}
