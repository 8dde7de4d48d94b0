using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Server.Http;
using Gatehouse.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>Who may request a run of a timer: <c>POST /admin/functions/{name}</c>.</summary>
public sealed class TimerRequestTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Runs runs = new();

    [Theory]
    [InlineData(null, null, null, HttpStatusCode.Accepted)]
    [InlineData("Host", "localhost:7071", null, HttpStatusCode.Accepted)]
    [InlineData("Host", "[::1]", null, HttpStatusCode.Accepted)]
    [InlineData("Host", "gatehouse.example.com", null, HttpStatusCode.Forbidden)]
    [InlineData("Host", "127.0.0.1.example.com", null, HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://127.0.0.1:1", null, HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", null, HttpStatusCode.Forbidden)]
    [InlineData("Forwarded", "for=192.0.2.7", null, HttpStatusCode.Forbidden)]
    [InlineData("X-Forwarded-For", "127.0.0.1", null, HttpStatusCode.Forbidden)]
    [InlineData("X-Real-IP", "192.0.2.7", null, HttpStatusCode.Forbidden)]
    [InlineData("Via", "1.1 proxy", null, HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://evil.example", "local", HttpStatusCode.Accepted)]
    [InlineData("X-Forwarded-For", "192.0.2.7", "local", HttpStatusCode.Accepted)]
    [InlineData(null, null, "wrong", HttpStatusCode.Forbidden)]
    public async Task A_timer_is_run_for_a_program_on_this_machine_or_with_the_local_key(
        string? header, string? value, string? key, HttpStatusCode status)
    {
        await using var host = await TestHost.StartAsync<EveryTenMinutes>(
            builder => builder.Services.AddSingleton(runs).AddSingleton(new AdminAccess(text => text == "local")));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"admin/functions/{nameof(EveryTenMinutes)}");
        if (header is not null) request.Headers.TryAddWithoutValidation(header, value);
        if (key is not null) request.Headers.Add("X-Gatehouse-Key", key);
        using var response = await host.Client.SendAsync(request);
        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.Accepted) await runs.NextAsync(Timeout);
        else Assert.Contains("\"type\":\"urn:gatehouse:problem:forbidden\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(status == HttpStatusCode.Accepted ? 1 : 0, runs.Began.Count);
    }

    [Fact]
    public async Task A_request_by_HTTP_1_0_comes_through_a_proxy()
    {
        await using var host = await TestHost.StartAsync<EveryTenMinutes>(builder => builder.Services.AddSingleton(runs));
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /admin/functions/{nameof(EveryTenMinutes)} HTTP/1.0\r\nHost: {host.Address.Authority}\r\nContent-Length: 0\r\n\r\n"));
        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 403 Forbidden", await reader.ReadLineAsync());
    }

    [Theory]
    [InlineData("POST", "admin/functions/Unknown", "127.0.0.1", HttpStatusCode.NotFound, "not-found")]
    [InlineData("POST", "admin/functions/Beside", "127.0.0.1", HttpStatusCode.NotFound, "not-found")]
    [InlineData("GET", "admin/functions/EveryTenMinutes", "127.0.0.1", HttpStatusCode.NotFound, null)]
    [InlineData("POST", "admin/functions/EveryTenMinutes", "203.0.113.7", HttpStatusCode.Forbidden, "forbidden")]
    public async Task Only_a_timer_can_be_run_and_only_from_this_machine(
        string method, string path, string from, HttpStatusCode status, string? problem)
    {
        await using var host = await TestHost.StartAsync(
            [typeof(EveryTenMinutes), typeof(NoTimer)],
            builder => builder.Services.AddSingleton(runs).AddSingleton<IStartupFilter>(
                new ComingFrom(IPAddress.Parse(from))));
        using var response = await host.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(status, response.StatusCode);
        if (problem is not null)
            Assert.Equal($"urn:gatehouse:problem:{problem}", JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("type").GetString());
        // The request has caused no run: the first is the one that is due.
        await host.UntilArmedAsync();
        host.Clock.Set(new DateTimeOffset(2024, 5, 15, 12, 10, 0, TimeSpan.Zero));
        await runs.NextAsync(Timeout);
        Assert.Equal(["12:10:00"], runs.Began);
    }

    [Theory]
    [InlineData("RotateToken", "Did you mean RotateTokens?")]
    [InlineData("Nonsense", "There is ")]
    public async Task For_an_unknown_name_the_names_of_timers_are_told(string name, string told)
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        var answer = await gatehouse.Api.SendAsync(HttpMethod.Post, $"/admin/functions/{name}", Credential.Ops);
        answer.Problem(HttpStatusCode.NotFound, "not-found");
        Assert.Contains(told, answer.Body.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_keys_are_limited_as_on_other_calls()
    {
        // Allowances do not grow on a clock that stands still.
        await using var gatehouse = await RunningGatehouse.StartAsync(clock: new TestClock());
        for (var guess = 0; guess <= CredentialLimit.Most; guess++)
            (await SendAsync($"wrong {guess}")).Problem(HttpStatusCode.Forbidden, "forbidden");
        var limited = await SendAsync("one more");
        limited.Problem(HttpStatusCode.TooManyRequests, "too-many-attempts");
        // Not checked either: it was not used before the wrong ones.
        (await SendAsync(RunningGatehouse.OpsKey)).Problem(HttpStatusCode.TooManyRequests, "too-many-attempts");
        (await gatehouse.Api.GetAsync("/ops/v1/applications", new Credential("X-Gatehouse-Key", "wrong"))).Problem(HttpStatusCode.TooManyRequests, "too-many-attempts");

        Task<Answer> SendAsync(string key) =>
            gatehouse.Api.SendAsync(HttpMethod.Post, "/admin/functions/PurgeCalls", new Credential("X-Gatehouse-Key", key));
    }

    internal sealed class NoTimer
    {
        [Function("Beside")]
        public static void Answer([HttpTrigger] HttpRequest request) { }
    }

    private sealed class ComingFrom(IPAddress address) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(
            Action<IApplicationBuilder> next) => app =>
        {
            app.Use(handler => context =>
            {
                context.Connection.RemoteIpAddress = address;
                return handler(context);
            });
            next(app);
        };
    }
}
