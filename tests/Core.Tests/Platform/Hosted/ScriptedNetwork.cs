using System.Net;
using System.Text;
using Gatehouse.Platform.Hosted;
using Gatehouse.Secrets;

namespace Gatehouse.Tests.Platform.Hosted;

/// <summary>What was sent to the platform.</summary>
internal sealed record SentRequest(string Method, string Url, IReadOnlyDictionary<string, string> Headers, string? Body);

/// <summary>The network of a hosted platform, with scripted answers, all at once and on the caller's thread.</summary>
internal sealed class ScriptedNetwork
{
    public const string ApplicationHost = "https://api-{application_id}.example.com/v3";

    private readonly Queue<Func<CancellationToken, Task<HttpResponseMessage>>> answers = new();

    /// <summary>What was sent so far.</summary>
    public List<SentRequest> Sent { get; } = [];

    /// <summary>The answer after the end of the script; null to fail the test.</summary>
    public Func<HttpResponseMessage>? Otherwise { get; set; }

    public ScriptedNetwork Answer(int status, string body, params (string Name, string Value)[] headers) =>
        Do(_ => Task.FromResult(Response(status, body, headers)));

    public ScriptedNetwork Ok(string body) => Answer(200, body);

    public ScriptedNetwork Fail(Exception e) => Do(_ => Task.FromException<HttpResponseMessage>(e));

    public ScriptedNetwork FailToConnect() => Fail(new HttpRequestException(HttpRequestError.ConnectionError));

    /// <summary>The platform receives the request, and the answer is lost.</summary>
    public ScriptedNetwork LoseAnswer() => Fail(new HttpRequestException("lost", new IOException("lost")));

    /// <summary>No answer comes before the attempt times out.</summary>
    public ScriptedNetwork Hang() => Do(async cancellation =>
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        throw new InvalidOperationException("The attempt was not cancelled.");
    });

    public ScriptedNetwork Do(Func<CancellationToken, Task<HttpResponseMessage>> answer)
    {
        answers.Enqueue(answer);
        return this;
    }

    /// <summary>A platform at the end of this network, without waits between retries.</summary>
    public HostedPlatform QuickPlatform() => Platform(
        TimeProvider.System, new MemoryVault(),
        timeouts: HostedTimeouts.Default with
        {
            Call = TimeSpan.FromMinutes(1),
            Try = TimeSpan.FromMinutes(1),
            FirstDelay = TimeSpan.FromMilliseconds(1),
        });

    /// <summary>A platform at the end of this network.</summary>
    public HostedPlatform Platform(
        TimeProvider clock, ISecretVault vault, OrganizationDialect dialect = OrganizationDialect.Gate, HostObserver? observe = null,
        HostedTimeouts? timeouts = null) => new(
            new HostedSettings(
                UrlTemplate.TryParse(ApplicationHost, null)!, dialect, UrlTemplate.TryParse("https://organization.example.com/api", null)!,
                "us-1", timeouts ?? HostedTimeouts.Default, HostedSettings.DefaultConcurrency),
            vault, clock, observe, new Handler(this));

    public static HttpResponseMessage Response(int status, string body, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        foreach (var (name, value) in headers) response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    private sealed class Handler(ScriptedNetwork network) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var body = request.Content?.ReadAsStream(CancellationToken.None);
            using var reader = body is null ? null : new StreamReader(body);
            network.Sent.Add(new SentRequest(
                request.Method.Method, request.RequestUri!.AbsoluteUri,
                request.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value)), reader?.ReadToEnd()));
            if (network.answers.TryDequeue(out var answer)) return answer(cancellationToken);
            return Task.FromResult(network.Otherwise?.Invoke() ?? throw new InvalidOperationException($"Unexpected: {request.Method} {request.RequestUri}"));
        }
    }
}

/// <summary>A vault in memory.</summary>
internal sealed class MemoryVault : ISecretVault
{
    private readonly Dictionary<string, Secret> secrets = [];

    public int Reads { get; private set; }

    public MemoryVault With(string name, string value)
    {
        secrets[name] = new Secret(name, Guid.NewGuid().ToString("N"), value);
        return this;
    }

    public ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation)
    {
        Reads++;
        return new(secrets.GetValueOrDefault(name));
    }

    public ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation) => new(With(name, value).secrets[name]);

    public ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation) =>
        secrets.TryGetValue(name, out var secret) ? new(secret) : SetAsync(name, value, null, cancellation);

    public ValueTask DeleteAsync(string name, CancellationToken cancellation)
    {
        secrets.Remove(name);
        return ValueTask.CompletedTask;
    }
}
