using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gatehouse.Platform;
using Gatehouse.Platform.Hosted;

namespace Gatehouse.Tests.Platform.Hosted;

/// <summary>The hosted platform over real sockets: which features of the HTTP client are used, and which are off.</summary>
public sealed class HostedNetworkTests : IAsyncLifetime
{
    private const string Token = "0123456789abcdef0123456789abcdef01234567";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ApplicationCredential Master = new(AppId.Generate(), ApiToken.TryParse(Token)!);

    private RawServer server = null!;

    public Task InitializeAsync()
    {
        server = RawServer.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task A_reused_connection_that_is_closed_does_not_send_a_change_twice(string method)
    {
        using var platform = Platform("http");
        server.Answer = request => request.StartsWith("GET", StringComparison.Ordinal) ? Ok("""{"ccu":1}""") : null;
        await platform.ViewCcuAsync(Master, None);

        var failure = await Assert.ThrowsAsync<PlatformException>(() => method == "POST"
            ? platform.IssueTokenAsync(Master, None)
            : platform.DeleteAsync(Master, None));
        Assert.Equal((503, false), (failure.Status, failure.IsRefusal));
        Assert.Single(server.Requests, request => request.StartsWith(method, StringComparison.Ordinal));
        Assert.Equal(1, server.FirstConnections);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = RawServer.Start();
        elsewhere.Answer = _ => Ok("""{"ccu":1}""");
        server.Answer = _ => $"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere.Port}/\r\nContent-Length: 0\r\n\r\n";
        using var platform = Platform("http");
        var failure = await Assert.ThrowsAsync<PlatformException>(() => platform.IssueTokenAsync(Master, None));
        Assert.False(failure.IsRefusal);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task No_cookie_is_sent_back_and_no_trace_is_sent_along()
    {
        using var activity = new Activity("ours").Start();
        server.Answer = _ => "HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 9\r\n\r\n{\"ccu\":1}";
        using var platform = Platform("http");
        await platform.ViewCcuAsync(Master, None);
        await platform.ViewCcuAsync(Master, None);
        foreach (var request in server.Requests)
        {
            Assert.DoesNotContain("Cookie", request, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("traceparent", request, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_failed_TLS_handshake_sends_nothing()
    {
        server.ClosesAtOnce = true;
        using var platform = Platform("https");
        var failure = await Assert.ThrowsAsync<PlatformException>(() => platform.IssueTokenAsync(Master, None));
        Assert.Equal((503, true), (failure.Status, failure.NotSent));
    }

    [Fact]
    public async Task An_untrusted_certificate_is_refused()
    {
        using var certificate = TestCertificates.Certificate(CertificateKind.NotApple);
        server.Certificate = certificate.CopyWithPrivateKey(TestCertificates.Key);
        server.Answer = _ => Ok("""{"ccu":1}""");
        using var platform = Platform("https");
        var failure = await Assert.ThrowsAsync<PlatformException>(() => platform.ViewCcuAsync(Master, None));
        Assert.Equal((503, true), (failure.Status, failure.NotSent));
        // The cause as .NET names it: the name, the time and the chain of the certificate have one each.
        Assert.StartsWith("The platform cannot be reached: TLS fails (", failure.Message, StringComparison.Ordinal);
        Assert.Contains("certificate", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_refused_connection_means_that_nothing_was_changed()
    {
        await server.DisposeAsync();
        using var platform = Platform("http");
        Assert.True((await Assert.ThrowsAsync<PlatformException>(() => platform.IssueTokenAsync(Master, None))).NotSent);
    }

    private HostedPlatform Platform(string scheme)
    {
        var url = UrlTemplate.TryParse($"{scheme}://127.0.0.1:{server.Port}/v3", null)!;
        var timeouts = HostedTimeouts.Default with
        {
            Call = TimeSpan.FromMinutes(1),
            Try = TimeSpan.FromMinutes(1),
            FirstDelay = TimeSpan.FromMilliseconds(1),
        };
        return new HostedPlatform(
            new HostedSettings(url, OrganizationDialect.Gate, url, null, timeouts, 8), new MemoryVault(), TimeProvider.System);
    }

    private static string Ok(string body) => $"HTTP/1.1 200 OK\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    /// <summary>Just enough HTTP/1.1 for these tests; null instead of an answer closes the connection cleanly.</summary>
    private sealed class RawServer : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly List<string> requests = [];
        private readonly List<Task> connections = [];
        private readonly Task accepting;

        private RawServer()
        {
            listener.Start();
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
            accepting = AcceptAsync();
        }

        public int Port { get; }

        public Func<string, string?> Answer { get; set; } = _ => null;

        public bool ClosesAtOnce { get; set; }

        public X509Certificate2? Certificate { get; set; }

        /// <summary>How many connections have carried a request.</summary>
        public int FirstConnections { get; private set; }

        public IReadOnlyList<string> Requests
        {
            get
            {
                lock (requests) return [.. requests];
            }
        }

        public static RawServer Start() => new();

        public async ValueTask DisposeAsync()
        {
            listener.Stop();
            await accepting;
            listener.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true) connections.Add(ServeAsync(await listener.AcceptTcpClientAsync()));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener was stopped.
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using (client)
            {
                if (ClosesAtOnce) return;
                try
                {
                    await using var stream = await OpenAsync(client);
                    await ServeAsync(stream);
                }
                catch (Exception e) when (e is IOException or AuthenticationException)
                {
                    // The client has disconnected, or does not trust the certificate.
                }
            }
        }

        private async Task<Stream> OpenAsync(TcpClient client)
        {
            if (Certificate is null) return client.GetStream();
            var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(Certificate);
            return tls;
        }

        private async Task ServeAsync(Stream stream)
        {
            var buffer = new byte[64 * 1024];
            var isFirst = true;
            while (await stream.ReadAsync(buffer) is > 0 and var length)
            {
                var request = Encoding.ASCII.GetString(buffer, 0, length);
                lock (requests)
                {
                    requests.Add(request);
                    if (isFirst) FirstConnections++;
                    isFirst = false;
                }
                if (Answer(request) is not { } answer) return;
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer));
            }
        }
    }
}
