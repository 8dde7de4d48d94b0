using System.Net.Sockets;
using System.Text;
using Gatehouse.Functions.Observability;
using Gatehouse.Functions.Tests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>Requests with a secret in every possible place, with all log levels at Trace.</summary>
public sealed partial class RequestLogFilterTests
{
    private const string Secret = "5ecre7";

    // The most specific logging rule wins, here one for a provider and a category. No rule may override the filter.
    private static readonly string[] EverythingThereIs =
    [
        "--Logging:LogLevel:Default", "Trace",
        "--Logging:LogLevel:Microsoft", "Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore", "Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "Trace",
        "--Logging:LogLevel:*.Diagnostics", "Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore.Routing.Matching.DfaMatcher", "Trace",
        "--Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Trace",
        "--Logging:Recorded:LogLevel:Default", "Trace",
        "--Logging:Recorded:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "Trace",
        "--Logging:Recorded:LogLevel:Microsoft.AspNetCore.Server.Kestrel.BadRequests", "Trace",
    ];

    private static readonly string[] Requests =
    [
        $"GET /tokens/{Secret}?token={Secret} HTTP/1.1\r\nHost: {Secret}\r\nApi-Token: {Secret}\r\nConnection: close\r\n\r\n",
        $"GET /logs/{Secret} HTTP/1.1\r\nHost: {Secret}\r\nConnection: close\r\n\r\n",
        $"GET /fails/{Secret} HTTP/1.1\r\nHost: {Secret}\r\nConnection: close\r\n\r\n",
        $"GET /numbers/{Secret} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        $"PUT /unknown/{Secret} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        $"GET {Secret} HTTP/1.1\r\nHost: x\r\n\r\n",
        $"{Secret}\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: {Secret} {Secret}\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: x\r\n{Secret}\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: {Secret}\r\n\r\n",
        $"GET / HTTP/1.1\r\nHost: x\r\nApi-Token: {Secret}\0\r\n\r\n",
        $"POST /tokens/{Secret} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {Secret}\r\n\r\n",
    ];

    [Fact]
    public async Task No_part_of_a_request_is_logged_at_any_level()
    {
        await using var host = await TestHost.StartAsync<Functions>(
            builder => builder.Services.AddRequestLogFilter(), EverythingThereIs);
        foreach (var request in Requests) await SendAsync(host, request);

        Assert.DoesNotContain(Secret, host.Logs.Text, StringComparison.Ordinal);
        Assert.Contains("Information Function.Own: what a function itself logs", host.Logs.Text, StringComparison.Ordinal);
        Assert.Contains("Error Function: Function Fails failed.", host.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_filter_the_same_requests_are_logged()
    {
        await using var host = await TestHost.StartAsync<Functions>(null, EverythingThereIs);
        foreach (var request in Requests) await SendAsync(host, request);
        Assert.Contains(Secret, host.Logs.Text, StringComparison.Ordinal);
        Assert.Contains("Kestrel.BadRequests", host.Logs.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Critical, false)]
    [InlineData("microsoft.aspnetcore.routing.Matching.DfaMatcher", LogLevel.Critical, false)]
    [InlineData("System.Net.Http.HttpClient.Platform.LogicalHandler", LogLevel.Critical, false)]
    [InlineData("Microsoft.AspNetCore.Anything", LogLevel.Information, false)]
    [InlineData("Microsoft.AspNetCore.Anything", LogLevel.Warning, true)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error, true)]
    [InlineData("Microsoft.AspNetCore.RoutingOfOthers", LogLevel.Error, true)]
    [InlineData("Microsoft.Hosting.Lifetime", LogLevel.Trace, true)]
    [InlineData("Gatehouse", LogLevel.Trace, true)]
    public void Only_log_entries_that_contain_requests_are_filtered(string category, LogLevel level, bool enabled)
    {
        using var logs = new RecordedLogs();
        using var services = new ServiceCollection()
            .AddLogging(logging => logging.ClearProviders().AddProvider(logs).SetMinimumLevel(LogLevel.Trace)
                .AddFilter<RecordedLogs>(category, LogLevel.Trace))
            .AddRequestLogFilter()
            .BuildServiceProvider();
        Assert.Equal(enabled, services.GetRequiredService<ILoggerFactory>().CreateLogger(category).IsEnabled(level));
    }

    [Theory]
    [InlineData(LogLevel.Information, false)]
    [InlineData(LogLevel.Warning, true)]
    public void Levels_that_were_not_configured_are_not_logged(LogLevel level, bool enabled)
    {
        using var services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new RecordedLogs()).SetMinimumLevel(LogLevel.Warning))
            .AddRequestLogFilter()
            .BuildServiceProvider();
        Assert.Equal(enabled, services.GetRequiredService<ILoggerFactory>().CreateLogger("Gatehouse").IsEnabled(level));
    }

    private static async Task SendAsync(TestHost host, string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(host.Address.Host, host.Address.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        Assert.StartsWith("HTTP/1.1 ", await new StreamReader(stream).ReadToEndAsync(), StringComparison.Ordinal);
    }

    internal sealed partial class Functions(ILoggerFactory loggers)
    {
        [Function("Token")]
        public static IResult Token(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "tokens/{token}")] HttpRequest request, string token) =>
            Results.Text(token);

        [Function("Logs")]
        public IResult Logs([HttpTrigger(AuthorizationLevel.Anonymous, Route = "logs/{token}")] HttpRequest request)
        {
            LogOwn(loggers.CreateLogger("Function.Own"));
            return Results.Ok();
        }

        [Function("Fails")]
        public static IResult Fails([HttpTrigger(AuthorizationLevel.Anonymous, Route = "fails/{token}")] HttpRequest request) =>
            throw new NotSupportedException("thrown on purpose");

        [Function("Number")]
        public static IResult Number(
            [HttpTrigger(AuthorizationLevel.Anonymous, Route = "numbers/{number:int}")] HttpRequest request, int number) =>
            Results.Text($"{number}");

        [LoggerMessage(1, LogLevel.Information, "what a function itself logs")]
        private static partial void LogOwn(ILogger logger);
    }
}
