using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure.Core.Pipeline;
using Gatehouse.Tests.KeyVault;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Tests.Azurite;

/// <summary>
/// A proxy in front of an account at Azurite. It does to requests and answers what networks and services can do, as the test
/// says through <see cref="Around"/>. It also accepts valid bearer tokens, which Azurite alone does not.
/// </summary>
internal sealed class TablesProxy : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> requests = [];
    private readonly HttpClient upstream = new(new SocketsHttpHandler());
    private readonly HttpClient client;
    private readonly string account;
    private readonly Uri azurite;
    private WebApplication? application;

    private TablesProxy(AzuriteServer server, string connectionString)
    {
        account = connectionString.Split(';').Single(part => part.StartsWith("AccountName=", StringComparison.Ordinal)).Split('=')[1];
        azurite = new Uri($"http://127.0.0.1:{server.Port}/{account}/");
        Address = new Uri($"https://{account}.table.core.windows.net/");
        Direct = connectionString;
        client = new HttpClient(new ToThisMachine(this), disposeHandler: true);
    }

    /// <summary>Handles a request: calls the function to pass it on, or does not; returns whether it was answered.</summary>
    public delegate Task<bool> Behaviour(HttpContext context, Func<Task<HttpResponseMessage>> passOn);

    /// <summary>The account's address in Azure, as in a setting.</summary>
    public Uri Address { get; }

    /// <summary>Carries a client's requests for <see cref="Address"/> here.</summary>
    public HttpPipelineTransport Transport => new HttpClientTransport(client);

    /// <summary>The account's connection string past the proxy.</summary>
    public string Direct { get; }

    /// <summary>The account's connection string through the proxy.</summary>
    public string ConnectionString => Direct.Replace($":{azurite.Port}/", $":{Port}/", StringComparison.Ordinal);

    /// <summary>Whose tokens are accepted.</summary>
    public TestCredential Credential { get; } = new();

    /// <summary>What is done with each request; nothing by default.</summary>
    public Behaviour Around { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>The requests so far: method and path.</summary>
    public IReadOnlyCollection<string> Requests => requests;

    private int Port => new Uri(application!.Urls.Single()).Port;

    public static async Task<TablesProxy> StartAsync()
    {
        var server = await AzuriteServer.Shared;
        var proxy = new TablesProxy(server, server.NewAccount());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        proxy.application = builder.Build();
        proxy.application.Run(proxy.AnswerAsync);
        await proxy.application.StartAsync();
        return proxy;
    }

    /// <summary>Does this to the next transactions only.</summary>
    public void ToNextTransactions(int times, Behaviour behaviour)
    {
        var left = times;
        Around = async (context, passOn) => context.Request.Path.Value!.EndsWith("/$batch", StringComparison.Ordinal)
            && Interlocked.Decrement(ref left) >= 0 && await behaviour(context, passOn);
    }

    /// <summary>The request is carried out, and the connection breaks before an answer.</summary>
    public static async Task<bool> LoseAnswer(HttpContext context, Func<Task<HttpResponseMessage>> passOn)
    {
        (await passOn()).Dispose();
        context.Abort();
        return true;
    }

    /// <summary>The connection breaks before the request is carried out.</summary>
    public static Task<bool> LoseRequest(HttpContext context, Func<Task<HttpResponseMessage>> passOn)
    {
        context.Abort();
        return Task.FromResult(true);
    }

    /// <summary>The request is carried out, and no answer ever comes.</summary>
    public static async Task<bool> Hang(HttpContext context, Func<Task<HttpResponseMessage>> passOn)
    {
        (await passOn()).Dispose();
        var gone = new TaskCompletionSource();
        using (context.RequestAborted.Register(gone.SetResult)) await gone.Task;
        return true;
    }

    /// <summary>The request is carried out, and its answer is cut off in the middle.</summary>
    public static async Task<bool> Truncate(HttpContext context, Func<Task<HttpResponseMessage>> passOn)
    {
        using var response = await passOn();
        var body = await response.Content.ReadAsByteArrayAsync();
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType!.ToString();
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
        await context.Response.Body.FlushAsync();
        context.Abort();
        return true;
    }

    /// <summary>The request is carried out, and answered with an error all the same.</summary>
    public static async Task<bool> FailAfterwards(HttpContext context, Func<Task<HttpResponseMessage>> passOn)
    {
        (await passOn()).Dispose();
        return await Refuse(context, 500, "InternalError");
    }

    /// <summary>Answers with an error in the service's form.</summary>
    public static async Task<bool> Refuse(HttpContext context, int status, string code, string? retryAfter = null)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["x-ms-error-code"] = code;
        if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
        context.Response.ContentType = "application/json";
        var message = new Dictionary<string, string> { ["lang"] = "en-US", ["value"] = "It is refused." };
        await context.Response.WriteAsync(JsonSerializer.Serialize(
            new Dictionary<string, object> { ["odata.error"] = new { code, message } }));
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        upstream.Dispose();
        await application!.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
        var body = await new StreamReader(context.Request.Body, Encoding.UTF8).ReadToEndAsync();
        if (await Around(context, () => PassOnAsync(context, body))) return;
        if (IsBearer(context) && !Credential.IsGood(context.Request.Headers.Authorization))
        {
            context.Response.Headers.WWWAuthenticate =
                $"Bearer authorization_uri=https://login.microsoftonline.com/{Guid.Empty}/oauth2/authorize resource_id=https://storage.azure.com";
            await Refuse(context, 401, "InvalidAuthenticationInfo");
            return;
        }
        using var response = await PassOnAsync(context, body);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase) || name is "ETag" or "Content-Type")
                context.Response.Headers[name] = values.ToArray();
        }
        if (response.StatusCode != HttpStatusCode.NoContent) await response.Content.CopyToAsync(context.Response.Body);
    }

    private static bool IsBearer(HttpContext context) =>
        !context.Request.Headers.Authorization.ToString().StartsWith("SharedKeyLite", StringComparison.Ordinal);

    private async Task<HttpResponseMessage> PassOnAsync(HttpContext context, string body)
    {
        var own = IsBearer(context);
        // The raw target, so that escapes are kept.
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        var address = own ? new Uri(azurite, target.TrimStart('/')) : new Uri(azurite, target);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address);
        if (own) body = body.Replace(Address.AbsoluteUri, azurite.AbsoluteUri, StringComparison.Ordinal);
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(context.Request.ContentType!);
        }
        foreach (var (name, value) in context.Request.Headers)
            if (name is not ("Host" or "Authorization" or "x-ms-date")) request.Headers.TryAddWithoutValidation(name, (string?)value);
        if (own)
        {
            Sign(request);
        }
        else
        {
            foreach (var name in (string[])["Authorization", "x-ms-date"])
                request.Headers.TryAddWithoutValidation(name, (string?)context.Request.Headers[name]);
        }
        return await upstream.SendAsync(request);
    }

    private void Sign(HttpRequestMessage request)
    {
        var date = DateTimeOffset.UtcNow.ToString("r");
        var signature = HMACSHA256.HashData(new byte[32], Encoding.UTF8.GetBytes($"{date}\n/{account}{request.RequestUri!.AbsolutePath}"));
        request.Headers.TryAddWithoutValidation("x-ms-date", date);
        request.Headers.TryAddWithoutValidation("Authorization", $"SharedKeyLite {account}:{Convert.ToBase64String(signature)}");
    }

    // The client sends its token over https alone, and the proxy has no certificate.
    private sealed class ToThisMachine(TablesProxy proxy) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Equal(proxy.Address.Host, request.RequestUri!.Host);
            request.RequestUri = new UriBuilder(request.RequestUri) { Scheme = "http", Host = "127.0.0.1", Port = proxy.Port }.Uri;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
