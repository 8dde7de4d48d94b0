using System.Net.Sockets;
using System.Text;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>A call whose caller disconnects is not an error of the application.</summary>
public sealed class AbandonedRequestTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken Gone = new(canceled: true);

    private readonly RecordedLogs logs = new();
    private RunningGatehouse gatehouse = null!;

    public async Task InitializeAsync() => gatehouse = await RunningGatehouse.StartAsync(logs: logs);

    public async Task DisposeAsync() => await gatehouse.DisposeAsync();

    public void Dispose() => logs.Dispose();

    [Fact]
    public async Task An_abandoned_call_of_the_platform_is_not_logged_as_an_error() =>
        Check(await gatehouse.Services.GetRequiredService<PlatformGate>()
            .OrganizationAsync(Request(gatehouse.Api.Organization), _ => Stop()));

    [Fact]
    public async Task An_abandoned_call_of_the_facade_is_not_logged_as_an_error() =>
        Check(await gatehouse.Services.GetRequiredService<OpsGate>()
            .ReadGlobalAsync(Request(Credential.Ops), Role.ApplicationsRead, (_, _) => Stop(), "OpsListApplications"));

    [Theory]
    [InlineData("POST /webhooks/00000000-0000-0000-0000-000000000000", "X-Sendbird-Signature", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "ReceiveWebhook")]
    [InlineData("POST /ops/v1/applications", "X-Gatehouse-Key", RunningGatehouse.OpsKey, "OpsCreateApplication")]
    [InlineData("POST /v3/applications", "Authorization", null, "CreateApplication")]
    public async Task A_connection_that_is_reset_in_the_body_is_the_caller_s_fault(string request, string header, string? credential, string operation)
    {
        using var folder = new TemporaryFolder();
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path, [("Telemetry__Prometheus", "true")]);
        using (process)
        using (api)
        {
            using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) })
            {
                await socket.ConnectAsync(api.Address.Host, api.Address.Port);
                var head = $"{request} HTTP/1.1\r\nHost: {api.Address.Authority}\r\n{header}: {credential ?? api.Organization.Value}\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
                await socket.SendAsync(Encoding.ASCII.GetBytes(head));
                // The server reads the body now.
                var answer = new byte[100];
                var length = await socket.ReceiveAsync(answer);
                Assert.StartsWith("HTTP/1.1 100 ", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
                await socket.SendAsync("{"u8.ToArray());
            }
            using var client = new HttpClient { BaseAddress = api.Address };
            var counted = "";
            await Waiting.UntilAsync(async () =>
                (counted = (await client.GetStringAsync("/metrics")).Split('\n').FirstOrDefault(line =>
                    line.StartsWith("gatehouse_call_duration_seconds_count", StringComparison.Ordinal)
                    && line.Contains($"\"{operation}\"", StringComparison.Ordinal)) ?? "").Length > 0);
            // The second, where the server has noticed the reset before the read did.
            Assert.Matches("outcome=\"(400|499)\"", counted);
            Assert.DoesNotContain(process.Output, line => line.StartsWith("fail", StringComparison.Ordinal));
        }
    }

    private void Check(IResult answer)
    {
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, ((Reply)answer).StatusCode);
        Assert.DoesNotContain(logs.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static Task<IResult> Stop() => throw new OperationCanceledException(Gone);

    private static HttpRequest Request(Credential credential)
    {
        var request = new DefaultHttpContext { RequestAborted = Gone }.Request;
        request.Headers[credential.Header!] = credential.Value;
        return request;
    }
}
