using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Azure.Core.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Gatehouse.Tests.KeyVault;

/// <summary>
/// Key Vault's HTTP interface for secrets on a local port: the bearer challenge, versions, soft delete with its slow states,
/// errors in Key Vault's form. A test makes it slow, throttling or wrong through <see cref="Before"/>.
/// </summary>
/// <remarks>Source: Key Vault REST API reference, "Secrets", and errors that its users have published.</remarks>
internal sealed class KeyVaultDouble : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> requests = [];
    private readonly SecretsOfDouble secrets;
    private readonly HttpClient http;
    private WebApplication? application;

    private KeyVaultDouble(TimeProvider clock)
    {
        Clock = clock;
        secrets = new SecretsOfDouble(this);
        http = new HttpClient(new ToThisMachine(this), disposeHandler: true);
    }

    /// <summary>The vault's address, as in a setting. The client keeps challenges by host, so each has its own.</summary>
    public Uri Address { get; } = new($"https://v{Guid.NewGuid():N}.vault.azure.net/");

    /// <summary>Carries a client's requests for <see cref="Address"/> here.</summary>
    public HttpPipelineTransport Transport => new HttpClientTransport(http);

    /// <summary>Whose tokens are accepted.</summary>
    public TestCredential Credential { get; } = new();

    /// <summary>The vault's clock.</summary>
    public TimeProvider Clock { get; }

    /// <summary>How long a deletion and a recovery take.</summary>
    public TimeSpan Transition { get; set; }

    /// <summary>What the identity may not do: <c>get</c>, <c>list</c>, <c>set</c>, <c>delete</c>, <c>recover</c>, <c>purge</c>.</summary>
    public ISet<string> Forbidden { get; } = new HashSet<string>();

    /// <summary>How many versions a page of a list has.</summary>
    public int PageSize { get; set; } = 25;

    /// <summary>Where the challenge sends a client for its token.</summary>
    public string Resource { get; set; } = "https://vault.azure.net";

    /// <summary>Runs before each authenticated request; returns true if it has answered it.</summary>
    public Func<HttpContext, Task<bool>> Before { get; set; } = _ => Task.FromResult(false);

    /// <summary>The authenticated requests so far: method and path.</summary>
    public IReadOnlyCollection<string> Requests => requests;

    /// <summary>What it holds, as an operator in the portal sees and changes it.</summary>
    public SecretsOfDouble Secrets => secrets;

    private int Port => new Uri(application!.Urls.Single()).Port;

    /// <summary>A clock that moves half a second each time the vault reads it, so that a deletion ends after a few requests.</summary>
    public static TimeProvider RunningClock() => new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(0.5) };

    public static async Task<KeyVaultDouble> StartAsync(TimeProvider? clock = null)
    {
        var vault = new KeyVaultDouble(clock ?? TimeProvider.System);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        vault.application = builder.Build();
        vault.application.Run(vault.AnswerAsync);
        await vault.application.StartAsync();
        return vault;
    }

    /// <summary>Fails the next requests with a status.</summary>
    public void FailNext(int times, int status, string? retryAfter = null, string header = "Retry-After")
    {
        var left = times;
        Before = async context =>
        {
            if (Interlocked.Decrement(ref left) < 0) return false;
            if (retryAfter is not null) context.Response.Headers[header] = retryAfter;
            await RefuseAsync(context, status, status == 429 ? "Throttled" : "InternalServerError", "Request was not processed.");
            return true;
        };
    }

    /// <summary>Answers everything with this body.</summary>
    public void AnswerWith(int status, string body, string contentType = "application/json") => Before = async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body);
        return true;
    };

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await application!.DisposeAsync();
    }

    /// <summary>Answers with an error in Key Vault's form.</summary>
    internal static async Task RefuseAsync(HttpContext context, int status, string code, string message, string? inner = null)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(new
        {
            error = inner is null
                ? (object)new { code, message }
                : new { code, message, innererror = new { code = inner } },
        });
    }

    private async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.Date = Clock.GetUtcNow().ToString("R");
        if (!Credential.IsGood(context.Request.Headers.Authorization))
        {
            context.Response.Headers.WWWAuthenticate =
                $"Bearer authorization=\"https://login.microsoftonline.com/{Guid.Empty}\", resource=\"{Resource}\"";
            await RefuseAsync(context, 401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.");
            return;
        }
        requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
        if (await Before(context)) return;
        if (string.IsNullOrEmpty(context.Request.Query["api-version"]))
        {
            await RefuseAsync(context, 400, "BadParameter", "api-version must be specified");
            return;
        }
        await secrets.AnswerAsync(context);
    }

    // The client speaks only https, and only to hosts of the challenge's domain; the double has neither.
    private sealed class ToThisMachine(KeyVaultDouble vault) : DelegatingHandler(Sockets())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal(vault.Address.Host, request.RequestUri!.Host);
            request.Headers.Host = vault.Address.Host;
            request.RequestUri = new UriBuilder(request.RequestUri) { Scheme = "http", Host = "127.0.0.1", Port = vault.Port }.Uri;
            return base.SendAsync(request, cancellationToken);
        }

        private static SocketsHttpHandler Sockets() => new()
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
    }
}
