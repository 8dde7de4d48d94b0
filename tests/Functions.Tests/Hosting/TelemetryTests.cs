using System.Diagnostics;
using System.Net;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// The spans, metrics and logs that a real process sends by OTLP. On the server only: a Functions host adds spans and logs of its
/// own, which the double does not have.
/// </summary>
public sealed class TelemetryTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string CallerSpanId = "b7ad6b7169203331";

    [Fact]
    public async Task Spans_measures_and_logs_are_sent_and_hold_no_secret_and_no_user()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var folder = new TemporaryFolder();
        string[] secrets;
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path, [.. Otlp(receiver), ("Logging__LogLevel__Default", "Trace")]);
        using (process)
        using (api)
        {
            var application = await api.CreateApplicationAsync();
            (await api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
            var issued = await api.PostAsync(
                $"/ops/v1/applications/{application.Id}/tokens", Credential.Ops, """{"label":"bot","deliver":"response"}""");
            var token = issued.Body.GetProperty("token").GetString()!;
            var message = $$"""{"type":"message","message_id":"m-1","user_id":"ann-of-cleves","channel_url":"pier","sent_at":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}""";
            for (var count = 0; count < 2; count++) (await api.RecordAsync(application, message)).Ok();
            using (var request = new HttpRequestMessage(HttpMethod.Get, $"/v3/applications/api_tokens/{token}"))
            {
                request.Headers.Add("traceparent", $"00-{TraceId}-{CallerSpanId}-01");
                Credential.Token(token).AddTo(request);
                (await api.SendAsync(request)).Ok();
            }
            (await api.GetAsync("/v3/applications/info", Credential.Token(new string('a', 40)))).Refused(400401);
            using (var form = Form.Of(("certificate", TestCertificates.P12(CertificateKind.Production, null))))
                Assert.Equal(HttpStatusCode.Created, (await api.SendAsync(HttpMethod.Post, $"/ops/v1/applications/{application.Id}/push/apns", Credential.Ops, form)).Status);
            foreach (var timer in (string[])["CheckPushCredentials", "ArchiveMessageCounts"])
            {
                using var body = new StringContent("{}");
                Assert.Equal(HttpStatusCode.Accepted, (await api.SendAsync(HttpMethod.Post, $"/admin/functions/{timer}", Credential.None, body)).Status);
                await receiver.HasAsync(span => span.Name == timer);
            }
            secrets = [token, application.Master.Value, RunningGatehouse.OpsKey, RunningGatehouse.Password, "ann-of-cleves"];
            // At a stop, the rest is sent if that takes at most a second and a half. A busy machine may be slower.
            await receiver.HasAsync(span => span.Name == "ViewApiToken");
            process.Signal("TERM");
            Assert.Equal(0, await process.ExitAsync());
        }

        var names = receiver.Spans.Select(span => span.Name).ToHashSet();
        Assert.Superset(
            new HashSet<string>(["CreateApplication", "OpsIssueToken", "RecordEvents", "ViewApiToken", "store commit", "vault set"]), names);
        var continued = Assert.Single(receiver.Spans, span => span.Name == "ViewApiToken");
        Assert.Equal((TraceId, CallerSpanId), (continued.Trace, continued.Parent));
        var issue = Assert.Single(receiver.Spans, span => span.Name == "OpsIssueToken");
        Assert.Contains(receiver.Spans, span => span.Name == "store commit" && span.Parent == issue.Id && span.Trace == issue.Trace);
        Assert.Superset(
            new HashSet<string>(
            [
                "gatehouse.call.duration", "gatehouse.events.counted", "gatehouse.events.duplicates", "gatehouse.store.group_size",
                "gatehouse.token_slots.used", "gatehouse.tokens.live", "gatehouse.push_credential.days_left", "gatehouse.archive.lag",
            ]),
            receiver.Measures.ToHashSet());
        Assert.Contains(receiver.Logs, line => line.StartsWith("Refused with", StringComparison.Ordinal));
        foreach (var secret in secrets)
        {
            var bytes = Encoding.UTF8.GetBytes(secret);
            Assert.DoesNotContain(receiver.Bodies, body => body.AsSpan().IndexOf(bytes) >= 0);
        }
    }

    [Fact]
    public async Task A_call_of_the_hosted_platform_is_a_child_span_of_its_function_without_a_token()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var platform = await RunningGatehouse.StartAsync();
        using var folder = new TemporaryFolder();
        await using (await RunningGatehouse.StartHostedAsync(platform.Api.Address, folder))
        {
            // This has put the organization's credentials into the folder's vault.
        }
        var address = new Uri(platform.Api.Address, "/v3").ToString();
        var process = GatehouseProcess.Start(
        [
            .. Otlp(receiver), ("Storage__Path", folder.Path), ("Ops__LocalKey", RunningGatehouse.OpsKey), ("Platform__Mode", "Hosted"),
            ("Platform__ApplicationUrl", address), ("Platform__OrganizationDialect", "Basic"), ("Platform__OrganizationUrl", address),
        ]);
        using (process)
        {
            using var api = new PlatformClient(await process.AddressAsync(), "", "");
            var created = await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
            Assert.Equal(HttpStatusCode.Created, created.Status);
            var tokens = $"/ops/v1/applications/{created.Body.GetProperty("app_id").GetString()}/tokens";
            var issued = await api.PostAsync(tokens, Credential.Ops, """{"label":"bot","deliver":"response"}""");
            var revoked = await api.DeleteAsync($"{tokens}/{issued.Body.GetProperty("token_id").GetString()}", Credential.Ops);
            Assert.Equal(HttpStatusCode.NoContent, revoked.Status);
            await receiver.HasAsync(span => span.Name == "OpsRevokeToken");
            process.Signal("TERM");
            Assert.Equal(0, await process.ExitAsync());

            var revocation = Assert.Single(receiver.Spans, span => span.Name == "OpsRevokeToken");
            Assert.Contains(
                receiver.Spans,
                span => span.Name.StartsWith("upstream DELETE", StringComparison.Ordinal) && span.Trace == revocation.Trace && span.Parent == revocation.Id);
            var secret = Encoding.UTF8.GetBytes(issued.Body.GetProperty("token").GetString()!);
            Assert.DoesNotContain(receiver.Bodies, body => body.AsSpan().IndexOf(secret) >= 0);
        }
    }

    [Fact]
    public async Task A_hanging_collector_delays_neither_calls_nor_the_stop()
    {
        await using var receiver = await OtlpReceiver.StartAsync(hangs: true);
        using var folder = new TemporaryFolder();
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path, [.. Otlp(receiver)]);
        using (process)
        using (api)
        {
            await api.CreateApplicationAsync();
            process.Signal("TERM");
            var stopping = Stopwatch.StartNew();
            Assert.Equal(0, await process.ExitAsync());
            Assert.InRange(stopping.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        }
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "{0}")]
    [InlineData("AzureMonitor__ConnectionString", "InstrumentationKey={1};IngestionEndpoint={0}")]
    public async Task A_receiver_that_cannot_be_reached_is_logged_once(string setting, string value)
    {
        // No process listens on a port that was just released. The exporter stores what it cannot send, and the next process with the
        // same instrumentation key sends it, so this one has a key of its own.
        string closed;
        await using (var receiver = await OtlpReceiver.StartAsync()) closed = receiver.Address;
        using var folder = new TemporaryFolder();
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path,
        [
            (setting, string.Format(null, value, closed, Guid.NewGuid())), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "100"), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("APPLICATIONINSIGHTS_STATSBEAT_DISABLED", "true"),
        ]);
        using (process)
        using (api)
        {
            await process.OutputAsync("Telemetry does not arrive: ");
            await api.CreateApplicationAsync();
            process.Signal("TERM");
            Assert.Equal(0, await process.ExitAsync());
            Assert.Single(process.Output, line => line.Contains("Telemetry does not arrive", StringComparison.Ordinal));
        }
    }

    private static IEnumerable<(string, string)> Otlp(OtlpReceiver receiver) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_BLRP_SCHEDULE_DELAY", "100"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
    ];
}
