using System.Net;
using System.Text;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>What anybody can send costs little, and does not stop the others.</summary>
public abstract class AttackTests(Head head)
{
    private const string Harbour = """{"name":"Harbour"}""";

    [Fact]
    public async Task No_answer_of_any_route_can_be_stored_by_a_cache()
    {
        await using var gatehouse = await head.StartAsync();
        var application = await gatehouse.Api.CreateApplicationAsync();
        using var http = new HttpClient { BaseAddress = gatehouse.Api.Address };
        foreach (var route in FunctionRoute.All)
        {
            var method = route.Method.Length > 0 ? new HttpMethod(route.Method) : HttpMethod.Get;
            var path = "/" + route.Route.Replace("{appId}", application.Id, StringComparison.Ordinal)
                .Replace("{*path}", "nothing", StringComparison.Ordinal).Replace('{', 'x').Replace('}', 'x');
            foreach (var credential in (Credential[])[Credential.None, Credential.Ops, gatehouse.Api.Organization, application.Master])
            {
                // The first deletion leaves nothing behind for the later routes.
                if (method == HttpMethod.Delete && credential != Credential.None) continue;
                using var request = new HttpRequestMessage(method, path);
                credential.AddTo(request);
                using var response = await http.SendAsync(request);
                Assert.True(response.Headers.CacheControl?.NoStore, $"{method} {path}: {(int)response.StatusCode}");
            }
        }
    }

    [Theory]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"name":"\udc00\ud800"}""")]
    [InlineData("""{"\ud800":1,"name":"a"}""")]
    [InlineData("""{"name":"a","b":{"c":["\ud800"]}}""")]
    [InlineData("""{"n\ud800ame":"a","name":"a"}""")]
    public async Task Half_a_surrogate_pair_is_400_wherever_it_is(string body)
    {
        await using var gatehouse = await head.StartAsync();
        var application = await gatehouse.Api.CreateApplicationAsync();
        var path = $"/ops/v1/applications/{(await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, Harbour)).Body.GetProperty("app_id").GetString()}";
        (string, Credential, string)[] requests =
        [
            ("/ops/v1/applications", Credential.Ops, body),
            ($"{path}/tokens", Credential.Ops, body),
            ($"{path}/push/fcm", Credential.Ops, body),
            ($"{path}/daily_counts/backfill", Credential.Ops, body),
            ($"{path}/events", Credential.Ops, body),
            ($"{path}/events", Credential.Ops, $$"""{"events":[{{body}}]}"""),
            ("/v3/applications", gatehouse.Api.Organization, body),
            ("/v3/applications/push/gcm", application.Master, body),
        ];
        foreach (var (url, credential, json) in requests)
        {
            var answer = await gatehouse.Api.PostAsync(url, credential, json);
            Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{url}: {(int)answer.Status} {answer.Text}");
        }
        using var form = Form.Of(("service_account_key", Encoding.UTF8.GetBytes(body)));
        var uploaded = await gatehouse.Api.SendAsync(HttpMethod.Post, $"{path}/push/fcm", Credential.Ops, form);
        Assert.Equal(HttpStatusCode.BadRequest, uploaded.Status);
    }

    [Fact]
    public async Task Costly_uploads_wait_in_a_bounded_queue_and_do_not_stop_other_requests()
    {
        await using var gatehouse = await head.StartAsync();
        var application = await gatehouse.Api.CreateApplicationAsync();
        var secondary = await gatehouse.Api.IssueTokenAsync(application.Master);
        var file = new Pkcs12File
        {
            Pairs = [(TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key)],
            Password = TestCertificates.Password,
            Rounds = 90_000,
        }.Encode();
        var uploads = Enumerable.Range(0, 60).Select(_ => gatehouse.Api.SendAsync(
            HttpMethod.Post, "/v3/applications/push/apns", secondary, Form.Of(("apns_cert", file), ("apns_cert_password", "wrong")))).ToList();
        (await gatehouse.Api.GetAsync("/v3/applications/info", secondary)).Ok();
        var answers = (await Task.WhenAll(uploads)).Select(answer => answer.Status).ToList();
        Assert.All(answers, status => Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.BadRequest, HttpStatusCode.ServiceUnavailable]));
        Assert.Contains(HttpStatusCode.ServiceUnavailable, answers);
        Assert.Contains(HttpStatusCode.BadRequest, answers);
    }

    [Fact]
    public async Task Wrong_credentials_are_429_after_a_hundred_and_valid_ones_that_were_seen_are_not()
    {
        var clock = new TestClock();
        using var logs = new RecordedLogs();
        await using var gatehouse = await head.StartAsync(clock: clock, logs: logs);
        var wrong = 0;
        async Task<Answer> TryAsync() => await gatehouse.Api.GetAsync("/ops/v1/applications", new Credential("X-Gatehouse-Key", $"wrong-{wrong++}"));

        Assert.Equal(HttpStatusCode.Unauthorized, (await TryAsync()).Status);
        (await gatehouse.Api.GetAsync("/ops/v1/applications", Credential.Ops)).Ok();
        for (var count = 1; count < CredentialLimit.Most; count++) Assert.Equal(HttpStatusCode.Unauthorized, (await TryAsync()).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await TryAsync()).Status);
        for (var count = 0; count < 10; count++) (await TryAsync()).Problem(HttpStatusCode.TooManyRequests, "too-many-attempts");

        // The same allowance holds for the platform. A caller that was let in before is let in.
        (await gatehouse.Api.GetAsync("/v3/applications", gatehouse.Api.Organization)).Refused(500910, HttpStatusCode.TooManyRequests);
        (await gatehouse.Api.GetAsync("/ops/v1/applications", Credential.Ops)).Ok();
        // Another address is not limited.
        using var forwarded = new HttpRequestMessage(HttpMethod.Get, "/v3/applications");
        gatehouse.Api.Organization.AddTo(forwarded);
        forwarded.Headers.Add("X-Forwarded-For", "127.0.0.1, 192.0.2.7:5000");
        Assert.Equal(HttpStatusCode.OK, (await gatehouse.Api.SendAsync(forwarded)).Status);

        Assert.Single(logs.Lines, line => line.Contains("UnknownKey", StringComparison.Ordinal));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await TryAsync()).Status);
        Assert.Contains(logs.Lines, line => line.Contains("UnknownKey", StringComparison.Ordinal) && line.Contains($": {CredentialLimit.Most}.", StringComparison.Ordinal));
        (await gatehouse.Api.GetAsync("/v3/applications", gatehouse.Api.Organization)).Ok();
    }

    [Fact]
    public async Task One_wrong_credential_is_limited_from_any_address()
    {
        await using var gatehouse = await head.StartAsync(clock: new TestClock());
        var status = HttpStatusCode.Unauthorized;
        for (var count = 0; count <= CredentialLimit.MostOfOne + 1; count++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/ops/v1/applications");
            request.Headers.Add("X-Gatehouse-Key", "leaked and withdrawn");
            request.Headers.Add("X-Forwarded-For", $"192.0.2.{count}");
            status = (await gatehouse.Api.SendAsync(request)).Status;
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, status);
    }

    [Fact]
    public async Task A_wrong_credential_that_is_sent_again_and_again_leaves_room_for_others_of_its_address()
    {
        await using var gatehouse = await head.StartAsync(clock: new TestClock());
        for (var count = 0; count < 3 * CredentialLimit.Most; count++)
            await gatehouse.Api.GetAsync("/ops/v1/applications", new Credential("X-Gatehouse-Key", "leaked and withdrawn"));
        (await gatehouse.Api.GetAsync("/ops/v1/applications", Credential.Ops)).Ok();
    }

    [Fact]
    public async Task Wrong_signatures_of_webhooks_stop_no_others()
    {
        await using var gatehouse = await head.StartAsync(clock: new TestClock());
        for (var count = 0; count < 2 * CredentialLimit.Most; count++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/webhooks/{AppId.Generate()}") { Content = new StringContent("{}") };
            request.Headers.Add("x-sendbird-signature", new string('a', 64));
            Assert.Equal(HttpStatusCode.Unauthorized, (await gatehouse.Api.SendAsync(request)).Status);
        }
        (await gatehouse.Api.GetAsync("/v3/applications", gatehouse.Api.Organization)).Ok();
    }

    [Theory]
    [InlineData("e30.a.b.c.d", "invalid_token")]
    [InlineData("x", "invalid_token")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.e30.AAAA.BBBB.CCCC", "invalid_token")]
    [InlineData(null, null)]
    public async Task A_bearer_token_that_cannot_be_read_is_401_and_the_challenge_says_so(string? token, string? error)
    {
        await using var gatehouse = await head.StartAsync(settings:
        [
            "--Entra:TenantId", "11111111-2222-3333-4444-555555555555", "--Entra:Authority", "http://127.0.0.1:1",
            "--Entra:Audiences:0", "api://gatehouse",
        ]);
        using var http = new HttpClient { BaseAddress = gatehouse.Api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/ops/v1/applications");
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var challenge = string.Join(", ", response.Headers.GetValues("WWW-Authenticate"));
        Assert.StartsWith("GatehouseKey realm=\"gatehouse\", Bearer realm=\"gatehouse\"", challenge, StringComparison.Ordinal);
        Assert.Equal(error is not null, challenge.Contains($"error=\"{error}\"", StringComparison.Ordinal));
    }
}

/// <summary>On the server.</summary>
public sealed class AttackOnServerTests() : AttackTests(Head.Server);

/// <summary>Under the Functions host.</summary>
public sealed class AttackOnFunctionsHostTests() : AttackTests(Head.FunctionsHost);
