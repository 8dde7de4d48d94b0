using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Tests.Hosting;
using Gatehouse.FunctionsHost;
using Gatehouse.Tests;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Published;

/// <summary>
/// The published package as a process under the double of the Functions host: its start, timers, stop and limits. The server
/// behaves differently in each of these points and has tests of its own in <c>Server/</c>.
/// </summary>
[Collection(nameof(PublishedWorkerTests))]
public sealed class PublishedWorkerTests : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Every_function_is_reached_by_its_own_route_and_method()
    {
        await using var host = await PublishedWorker.StartAsync(data.Path);
        using var client = new HttpClient { BaseAddress = host.Address };
        foreach (var route in FunctionRoute.All)
        {
            using var request = new HttpRequestMessage(new HttpMethod(RoutesTests.MethodOf(route)), RoutesTests.PathOf(route));
            using var answer = await client.SendAsync(request);
            Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
            await host.LoggedAsync(line => line.Text == $"Executed 'Functions.{route.Name}' (Succeeded)");
        }
        Assert.Equal(FunctionRoute.All.Count, host.Log.Count(line => line.Text.StartsWith("Executed ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Ops__LocalKey", "Ops__LocalKey", "")]
    [InlineData("Ops__LocalKey", "Ops__LocalKey", "short")]
    [InlineData("Storage__Pth is not a setting", "Storage__Pth", "x")]
    [InlineData("/dev/null", "Storage__Path", "/dev/null/data")]
    public async Task What_stops_the_start_is_an_error_in_the_hosts_log(string expected, string name, string value)
    {
        await using var host = await PublishedWorker.LaunchAsync(data.Path, (name, value));
        await Assert.ThrowsAsync<WorkerException>(() => host.Ready);
        var line = Assert.Single(host.Log, line => line.Text.Contains("Gatehouse", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.StartsWith("error: Gatehouse cannot start: ", line.Text, StringComparison.Ordinal);
        Assert.Contains(expected, line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_that_is_not_set_is_named_at_the_start_and_in_readiness()
    {
        await using var host = await PublishedWorker.StartAsync(data.Path, ("BackgroundJobsSchedule", ""));
        var warning = await host.LoggedAsync(line => line.Text.Contains("BackgroundJobsSchedule are not set", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, warning.Level);
        using var api = host.Client();
        var ready = (await api.GetAsync("/health/ready", Credential.None)).Ok();
        Assert.Equal("""["BackgroundJobsSchedule"]""", ready.GetProperty("schedules_not_set").GetRawText());
        Assert.Equal("ready", ready.GetProperty("status").GetString());
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.FireAsync("RunBackgroundJobs"));
        Assert.Null(await host.FireAsync("RunUrgentJobs"));
    }

    [Fact]
    public async Task Schedules_that_are_set_are_not_reported()
    {
        await using var host = await PublishedWorker.StartAsync(data.Path);
        using var api = host.Client();
        Assert.False((await api.GetAsync("/health/ready", Credential.None)).Ok().TryGetProperty("schedules_not_set", out _));
        Assert.Equal(0, await host.StopAsync(Grace));
        Assert.DoesNotContain(host.Log, line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_stopped_timer_run_is_not_logged_as_a_failure()
    {
        using var receiver = new TcpListener(IPAddress.Loopback, 0);
        receiver.Start();
        await using var host = await PublishedWorker.StartAsync(
            data.Path, ("Alerts__WebhookUrl", $"http://127.0.0.1:{((IPEndPoint)receiver.LocalEndpoint).Port}/"),
            ("Alerts__Secret", "whsec_" + Convert.ToBase64String(new byte[32])));
        using var api = host.Client();
        var path = $"/ops/v1/applications/{await CreateAsync(api)}/tokens";
        var token = (await api.PostAsync(path, Credential.Ops, """{"label":"worker","deliver":"vault"}""")).Body.GetProperty("token_id").GetString();
        Assert.Equal(HttpStatusCode.Created, (await api.PostAsync($"{path}/{token}/rotate", Credential.Ops)).Status);

        // It delivers the alert of the rotation to a receiver that never answers.
        var run = host.FireAsync("RunUrgentJobs");
        using var delivery = await receiver.AcceptTcpClientAsync();
        Assert.False(run.IsCompleted);
        Assert.Equal(0, await host.StopAsync(Grace));

        Assert.Null(await run);
        Assert.DoesNotContain(host.Log, line => line.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task Abandoned_requests_do_not_delay_others()
    {
        await using var host = await PublishedWorker.StartAsync(data.Path);
        using var api = host.Client();
        (await api.GetAsync("/health/live", Credential.None)).Ok();
        await AbandonAsync(host.Address, 600);

        // With a limit of 200 in host.json this took 15 seconds and more, until the worker stopped waiting for these calls.
        var waited = Stopwatch.StartNew();
        (await api.GetAsync("/health/live", Credential.None)).Ok();
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(5), $"It took {waited.Elapsed}.");
    }

    [Theory]
    [InlineData("//v3/applications", HttpStatusCode.NotFound)]
    [InlineData("/admin/functions/RunUrgentJobs", HttpStatusCode.Unauthorized)]
    [InlineData("/runtime/webhooks", HttpStatusCode.Unauthorized)]
    public async Task Some_paths_belong_to_the_host(string path, HttpStatusCode status)
    {
        await using var host = await PublishedWorker.StartAsync(data.Path);
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"{host.Address.GetLeftPart(UriPartial.Authority)}{path}"));
        Assert.Equal((status, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task A_request_holds_its_slot_of_host_json_until_its_call_has_ended()
    {
        using var folder = new TemporaryFolder();
        Copy(PublishedWorker.Folder, folder.Path);
        var unlimited = await File.ReadAllTextAsync(Path.Combine(PublishedWorker.Folder, "host.json"));
        await File.WriteAllTextAsync(folder["host.json"], unlimited.Replace("-1", "1", StringComparison.Ordinal));
        await using var host = await PublishedWorker.StartAsync(data.Path, folder.Path);
        using var api = host.Client();
        using (var slow = new TcpClient())
        {
            await slow.ConnectAsync(host.Address.Host, host.Address.Port);
            var stream = slow.GetStream();
            await stream.WriteAsync("POST /v3/applications HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
            // The host has begun to read the body.
            using var reader = new StreamReader(stream, Encoding.ASCII);
            Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync());
            Assert.Equal(HttpStatusCode.TooManyRequests, (await api.GetAsync("/health", Credential.None)).Status);
            await stream.WriteAsync("{}"u8.ToArray());
            await reader.ReadLineAsync();
            Assert.Equal("HTTP/1.1 400 Bad Request", await reader.ReadLineAsync());
        }
    }

    private static async Task<string> CreateAsync(PlatformClient api) =>
        (await api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""")).Body.GetProperty("app_id").GetString()!;

    // Sends requests and resets each connection at once.
    private static Task AbandonAsync(Uri address, int requests) => Parallel.ForEachAsync(
        Enumerable.Range(0, requests), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, stop) =>
        {
            using var client = new TcpClient { LingerState = new LingerOption(true, 0) };
            await client.ConnectAsync(address.Host, address.Port, stop);
            await client.GetStream().WriteAsync("GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), stop);
        });

    private static void Copy(string from, string to)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(from))
            File.CreateSymbolicLink(Path.Combine(to, Path.GetFileName(entry)), entry);
        File.Delete(Path.Combine(to, "host.json"));
    }
}

/// <summary>Alone on the machine: one of the tests measures how long an answer takes.</summary>
[CollectionDefinition(nameof(PublishedWorkerTests), DisableParallelization = true)]
public sealed class AloneOnTheMachine;
