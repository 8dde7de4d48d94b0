using System.Net;
using System.Net.Sockets;
using Gatehouse.Server;
using Gatehouse.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>The server as a host: settings, services, addresses and stops.</summary>
public sealed class HostingTests
{
    [Fact]
    public void The_server_listens_on_the_port_of_the_core_tools()
    {
        var builder = new ServerBuilder([], []);
        Assert.Equal("http://127.0.0.1:7071", builder.Configuration["Urls"]);
    }

    [Fact]
    public async Task Only_Urls_opens_an_address()
    {
        await using var host = await TestHost.StartAsync(
            [], null, "--Kestrel:Endpoints:Stray:Url", "http://127.0.0.1:1", "--http_ports", "1", "--PreferHostingUrls", "false");
        Assert.Equal("127.0.0.1", host.Address.Host);
        Assert.NotEqual(1, host.Address.Port);
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await Assert.ThrowsAsync<IOException>(
            () => TestHost.StartAsync([], null, "--Urls", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}"));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("http://127.0.0.1:0;ftp://127.0.0.1:0")]
    public async Task An_address_that_cannot_be_served_stops_the_start_with_one_line(string urls)
    {
        var fault = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => TestHost.StartAsync([], null, "--Urls", urls));
        Assert.DoesNotContain('\n', fault.Message);
        Assert.Contains("Urls", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopping_server_cancels_timers_at_once_and_requests_after_their_timeout()
    {
        var open = new Open();
        var host = await TestHost.StartAsync(
            [typeof(OpenRequest), typeof(OpenTimer)],
            builder => builder.Services
                .AddSingleton(open)
                .Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200)));
        var answer = host.Client.GetAsync("OpenRequest");
        await host.Client.PostAsync("admin/functions/OpenTimer", null);
        await open.Began.WaitAsync();
        await open.Began.WaitAsync();

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<HttpRequestException>(() => answer);
        Assert.Equal(["OpenTimer", "OpenRequest"], open.Told);
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_function_that_ignores_its_token_does_not_keep_the_server_from_stopping()
    {
        var open = new Open();
        var host = await TestHost.StartAsync(
            [typeof(Deaf)],
            builder => builder.Services
                .AddSingleton(open)
                .Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(200)));
        await host.Client.PostAsync("admin/functions/Deaf", null);
        await open.Began.WaitAsync();
        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(5));
        open.End.SetResult();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task Open_requests_have_ten_seconds_when_the_server_stops_or_the_configured_time()
    {
        Assert.Equal(TimeSpan.FromSeconds(10), await TimeAsync());
        Assert.Equal(TimeSpan.FromSeconds(25), await TimeAsync(new KeyValuePair<string, string?>("ShutdownSeconds", "25")));

        static async Task<TimeSpan> TimeAsync(params KeyValuePair<string, string?>[] settings)
        {
            var builder = new ServerBuilder([new("Urls", "http://127.0.0.1:0"), .. settings], []);
            await using var app = (WebApplication)builder.Build();
            return app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
        }
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("601")]
    [InlineData("ten")]
    [InlineData("")]
    public void A_time_for_the_stop_that_is_no_number_of_seconds_stops_the_start(string seconds) => Assert.Equal(
        "ShutdownSeconds must be a whole number from 0 to 600.",
        Assert.ThrowsAny<InvalidOperationException>(() => new ServerBuilder([new("ShutdownSeconds", seconds)], []).Build()).Message);

    [Fact]
    public async Task A_log_that_nobody_reads_drops_lines_instead_of_holding_up_requests()
    {
        await using var app = (WebApplication)new ServerBuilder([new("Urls", "http://127.0.0.1:0")], []).Build();
        Assert.Equal(
            ConsoleLoggerQueueFullMode.DropWrite, app.Services.GetRequiredService<IOptionsMonitor<ConsoleLoggerOptions>>().CurrentValue.QueueFullMode);
    }

    [Fact]
    public async Task A_request_that_ends_in_time_is_answered_when_the_server_stops()
    {
        var open = new Open();
        var host = await TestHost.StartAsync([typeof(Patient)], builder => builder.Services.AddSingleton(open));
        var answer = host.Client.GetAsync("Patient");
        await open.Began.WaitAsync();
        var stopping = host.StopAsync();
        open.End.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
        await stopping;
        await host.DisposeAsync();
    }

    [Theory]
    [InlineData("Max open files            1024                 524288               files", 768L)]
    [InlineData("Max open files            20                   20                   files", 32L)]
    [InlineData("Max open files            unlimited            unlimited            files", null)]
    [InlineData("Max processes             1024                 1024                 processes", null)]
    [InlineData("Max open files", null)]
    public void Connections_take_three_quarters_of_the_files_that_the_process_may_open(string line, long? connections) =>
        Assert.Equal(connections, ConnectionLimit.Read(["Limit                     Soft Limit           Hard Limit           Units", line]));

    [Theory]
    [InlineData("""{"version":"2.0"}""", "api")]
    [InlineData("""{"version":"2.0","extensions":{"http":{}}}""", "api")]
    [InlineData("""{"version":"2.0","extensions":{"http":{"routePrefix":""}}}""", "")]
    [InlineData("""{/*why*/"Extensions":{"HTTP":{"routeprefix":"/v1/x/",},},}""", "v1/x")]
    public void The_route_prefix_is_that_of_host_json(string json, string prefix) =>
        Assert.Equal(prefix, ReadRoutePrefix(json));

    [Theory]
    [InlineData("{")]
    [InlineData("""{"extensions":{"http":{"routePrefix":7}}}""")]
    public void An_invalid_host_json_stops_the_start_with_one_line(string json)
    {
        var fault = Assert.ThrowsAny<InvalidOperationException>(() => ReadRoutePrefix(json));
        Assert.Contains("host.json", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Without_host_json_the_route_prefix_is_the_official_default() =>
        Assert.Equal("api", HostJson.ReadRoutePrefix(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"), "host.json")));

    private static string ReadRoutePrefix(string json)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(folder.FullName, "host.json");
            File.WriteAllText(file, json);
            return HostJson.ReadRoutePrefix(file);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The calls that run when the server stops.</summary>
    internal sealed class Open
    {
        private readonly List<string> told = [];

        public SemaphoreSlim Began { get; } = new(0);

        public TaskCompletionSource End { get; } = new();

        public IReadOnlyList<string> Told
        {
            get
            {
                lock (told) return [.. told];
            }
        }

        public async Task WaitAsync(string who, CancellationToken cancellation)
        {
            using var registration = cancellation.Register(() =>
            {
                lock (told) told.Add(who);
            });
            Began.Release();
            await Task.Delay(Timeout.Infinite, cancellation);
        }
    }

    internal sealed class OpenRequest(Open open)
    {
        [Function(nameof(OpenRequest))]
        public Task AnswerAsync([HttpTrigger] HttpRequest request, CancellationToken cancellation) =>
            open.WaitAsync(nameof(OpenRequest), cancellation);
    }

    internal sealed class OpenTimer(Open open)
    {
        [Function(nameof(OpenTimer))]
        public Task RunAsync([TimerTrigger("0 0 * * * *")] TimerInfo timer, CancellationToken cancellation) =>
            open.WaitAsync(nameof(OpenTimer), cancellation);
    }

    internal sealed class Patient(Open open)
    {
        [Function(nameof(Patient))]
        public async Task<IResult> RunAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "Patient")] HttpRequest request)
        {
            open.Began.Release();
            await open.End.Task;
            return Results.Ok();
        }
    }

    internal sealed class Deaf(Open open)
    {
        [Function(nameof(Deaf))]
        public Task RunAsync([TimerTrigger("0 0 * * * *")] TimerInfo timer)
        {
            open.Began.Release();
            return open.End.Task;
        }
    }
}
