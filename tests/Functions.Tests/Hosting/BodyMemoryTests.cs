using System.Net;
using System.Net.Sockets;
using System.Text;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// How much memory a body takes, and when. On the server only: the Functions host forwards a request and its body, so that a body
/// which stays away is the host's.
/// </summary>
public sealed class BodyMemoryTests
{
    private const int MiB = 1024 * 1024;
    private const string Harbour = """{"name":"Harbour"}""";

    private static readonly string Webhook = $"/webhooks/{AppId.Generate()}";

    [Theory]
    [InlineData("")]
    [InlineData("x-sendbird-signature: short\r\n")]
    [InlineData("x-sendbird-signature: ABCDEF\r\nx-sendbird-signature: ABCDEF\r\n")]
    public async Task A_webhook_that_needs_no_body_to_be_refused_is_refused_before_its_body(string headers)
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        using var connection = await RawConnection.OpenAsync(gatehouse.Api.Address);
        await connection.SendAsync($"POST {Webhook} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {MiB}\r\n\r\nx");
        Assert.Equal("HTTP/1.1 401 Unauthorized", await connection.ReadLineAsync());
    }

    [Fact]
    public async Task A_body_takes_memory_for_what_has_arrived_not_for_what_was_announced()
    {
        await using var gatehouse = await RunningGatehouse.StartAsync();
        var memory = gatehouse.Services.GetRequiredService<BodyMemory>();
        var connections = new List<RawConnection>();
        for (var count = 0; count < 20; count++)
        {
            connections.Add(await RawConnection.OpenAsync(gatehouse.Api.Address));
            await connections[^1].SendAsync(Announce(MiB) + "x");
        }
        await Waiting.UntilAsync(() => memory.Held >= 20 * 4096);
        Assert.InRange(memory.Held, 20 * 4096, 20 * 8192);
        foreach (var connection in connections) connection.Dispose();
        await Waiting.UntilAsync(() => memory.Held == 0);
    }

    [Fact]
    public async Task Bodies_over_the_memory_for_them_are_refused_until_there_is_room_again()
    {
        // Three bodies of 66,000 bytes fit, and while the third grows also a buffer of 65,000. Another of 60,000 does not.
        await using var gatehouse = await RunningGatehouse.StartAsync(configure: services => services.AddSingleton(new BodyMemory(278_000)));
        var memory = gatehouse.Services.GetRequiredService<BodyMemory>();
        var connections = new List<RawConnection>();
        for (var count = 1; count <= 3; count++)
        {
            connections.Add(await RawConnection.OpenAsync(gatehouse.Api.Address));
            await connections[^1].SendAsync(Announce(66_000) + new string('x', 65_900));
            await Waiting.UntilAsync(() => memory.Held == count * 66_001);
        }

        using var http = new HttpClient { BaseAddress = gatehouse.Api.Address };
        using var refused = await http.SendAsync(Large(Credential.Ops, "/ops/v1/applications"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
        using var refusedByPlatform = await http.SendAsync(Large(gatehouse.Api.Organization, "/v3/applications"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (refusedByPlatform.StatusCode, refusedByPlatform.Headers.RetryAfter?.Delta));
        Assert.Contains("500901", await refusedByPlatform.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // Others still get what they need.
        Assert.Equal(HttpStatusCode.Created, (await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, Harbour)).Status);

        foreach (var connection in connections) connection.Dispose();
        await Waiting.UntilAsync(() => memory.Held == 0);
        using var accepted = await http.SendAsync(Large(Credential.Ops, "/ops/v1/applications"));
        Assert.Equal(HttpStatusCode.Created, accepted.StatusCode);

        static HttpRequestMessage Large(Credential credential, string path)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(Harbour + new string(' ', 60_000)) };
            credential.AddTo(request);
            return request;
        }
    }

    // With a signature of the right form, so that the body has to be read.
    private static string Announce(int bytes) =>
        $"POST {Webhook} HTTP/1.1\r\nHost: a\r\nx-sendbird-signature: {new string('a', 64)}\r\nContent-Length: {bytes}\r\n\r\n";

    /// <summary>A connection that sends exactly what the test says.</summary>
    private sealed class RawConnection(TcpClient client) : IDisposable
    {
        public static async Task<RawConnection> OpenAsync(Uri address)
        {
            var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port);
            return new RawConnection(client);
        }

        public async Task SendAsync(string text) => await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));

        public async Task<string?> ReadLineAsync()
        {
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
            return await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }

        public void Dispose() => client.Dispose();
    }
}
