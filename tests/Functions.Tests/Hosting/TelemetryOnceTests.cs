using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// What real processes of both heads send: each call once, to each receiver, without a secret. A Functions host's own records are not
/// seen here, because the double of the host sends none: <c>DeploymentSettingsTests</c> check that the host gets no receiver.
/// </summary>
public sealed class TelemetryOnceTests
{
    private const string User = "ann-of-cleves";

    private static readonly string[] Measures =
        ["gatehouse.call.duration", "gatehouse.events.counted", "gatehouse.token_slots.used", "gatehouse.tokens.live"];

    [Fact]
    public async Task The_server_sends_each_call_once_and_no_secret()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var insights = await InsightsReceiver.StartAsync();
        using var folder = new TemporaryFolder();
        string[] secrets;
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path, [.. Settings(collector, insights)]);
        using (process)
        using (api)
        {
            secrets = await CallAsync(api, collector, insights);
            process.Signal("TERM");
            Assert.Equal(0, await process.ExitAsync());
        }
        await CheckAsync(collector, insights, secrets);
        Assert.Contains("kestrel.active_connections", collector.Measures);
        Assert.Contains("dotnet.gc.collections", collector.Measures);
    }

    [Fact]
    public async Task The_worker_under_a_Functions_host_sends_each_call_once_and_no_secret()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var insights = await InsightsReceiver.StartAsync();
        using var folder = new TemporaryFolder();
        string[] secrets;
        await using (var host = await PublishedWorker.StartAsync(folder.Path, Settings(collector, insights)))
        {
            using var api = host.Client();
            secrets = await CallAsync(api, collector, insights);
            await host.StopAsync(TimeSpan.FromSeconds(10));
        }
        await CheckAsync(collector, insights, secrets);
    }

    [Theory]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=00000000-0000-0000-0000-000000000001")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")]
    public async Task A_setting_with_which_the_host_sends_paths_is_warned_of(string name, string value)
    {
        using var folder = new TemporaryFolder();
        await using var host = await PublishedWorker.StartAsync(folder.Path, (name, value));
        await host.LoggedAsync(line => line.Text.Contains($"The Functions host reads {name} too", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_server_serves_its_measures_for_Prometheus_if_a_setting_says_so()
    {
        using var folder = new TemporaryFolder();
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path, [("Telemetry__Prometheus", "true")]);
        using (process)
        using (api)
        {
            var application = await api.CreateApplicationAsync();
            using var client = new HttpClient { BaseAddress = api.Address };
            var measures = await client.GetStringAsync("/metrics");
            Assert.Contains("gatehouse_call_duration_seconds_count{", measures, StringComparison.Ordinal);
            // A bucket for a quarter of a second, which OpenTelemetry's own limits do not have.
            Assert.Contains("le=\"0.25\"", measures, StringComparison.Ordinal);
            Assert.Contains("operation=\"CreateApplication\"", measures, StringComparison.Ordinal);
            Assert.DoesNotContain(application.Id.ToString(), measures, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Without_the_setting_measures_are_not_served()
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        using var client = new HttpClient { BaseAddress = gatehouse.Api.Address };
        using var answer = await client.GetAsync("/metrics");
        Assert.False(answer.IsSuccessStatusCode);
    }

    // The caller does not record its trace. The calls are recorded all the same.
    private static async Task<string[]> CallAsync(PlatformClient api, OtlpReceiver collector, InsightsReceiver insights)
    {
        var application = await api.CreateApplicationAsync();
        (await api.PostAsync("/ops/v1/applications/adopt", Credential.Ops)).Ok();
        var issued = await api.PostAsync(
            $"/ops/v1/applications/{application.Id}/tokens", Credential.Ops, """{"label":"bot","deliver":"response"}""");
        var token = issued.Body.GetProperty("token").GetString()!;
        var message = $$"""{"type":"message","message_id":"m-1","user_id":"{{User}}","channel_url":"pier","sent_at":{{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}}}""";
        (await api.RecordAsync(application, message)).Ok();
        (await api.GetAsync("/v3/applications/info", Credential.Token(new string('a', 40)))).Refused(400401);
        using (var request = new HttpRequestMessage(HttpMethod.Get, $"/v3/applications/api_tokens/{token}"))
        {
            request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
            Credential.Token(token).AddTo(request);
            (await api.SendAsync(request)).Ok();
        }
        await collector.HasAsync(span => span.Name == "ViewApiToken");
        await insights.HasRequestAsync("ViewApiToken");
        return [token, application.Master.Value, RunningGatehouse.OpsKey, RunningGatehouse.Password, User, "api_tokens/"];
    }

    private static async Task CheckAsync(OtlpReceiver collector, InsightsReceiver insights, string[] secrets)
    {
        // Both get the rest at the stop.
        await Waiting.UntilAsync(() => Measures.All(collector.Measures.Contains) && Measures.All(insights.Measures.Contains));
        foreach (var operation in (string[])["CreateApplication", "OpsAdoptApplications", "OpsIssueToken", "RecordEvents", "ViewApplication", "ViewApiToken"])
        {
            Assert.Single(collector.Spans, span => span.Name == operation);
            Assert.Single(insights.Requests, operation);
        }
        // The portal's charts show these counts.
        Assert.Equal(insights.Requests.Count, insights.Counted("requests/duration"));
        Assert.Equal(insights.Dependencies, insights.Counted("dependencies/duration"));
        // The exporter writes this where a span has no address.
        Assert.All(insights.RequestUrls, url => Assert.Equal("://", url));
        Assert.DoesNotContain(collector.Spans, span => span.Name.Contains("nvoke", StringComparison.Ordinal) || span.Name.StartsWith("function", StringComparison.OrdinalIgnoreCase));
        Assert.Single(collector.Logs, line => line.StartsWith("Refused with", StringComparison.Ordinal));
        Assert.Single(insights.Logs, line => line.StartsWith("Refused with", StringComparison.Ordinal));
        foreach (var secret in secrets)
        {
            var bytes = Encoding.UTF8.GetBytes(secret);
            Assert.DoesNotContain(collector.Bodies.Concat(insights.Bodies), body => body.AsSpan().IndexOf(bytes) >= 0);
        }
    }

    private static IEnumerable<(string, string)> Settings(OtlpReceiver collector, InsightsReceiver insights) =>
    [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{collector.Address}/v1/traces"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", $"{collector.Address}/v1/metrics"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", $"{collector.Address}/v1/logs"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"), ("AzureMonitor__ConnectionString", insights.ConnectionString),
        ("APPLICATIONINSIGHTS_STATSBEAT_DISABLED", "true"), ("Logging__LogLevel__Default", "Debug"),
    ];
}
