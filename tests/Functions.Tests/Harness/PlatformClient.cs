using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>
/// A thin client of the HTTP interface: it sends exactly the request that the test gives it. Every answer is checked against the
/// OpenAPI document.
/// </summary>
internal sealed class PlatformClient(Uri address, string user, string password) : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler()) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };

    private readonly ConcurrentQueue<(string Operation, int Status)> answered = new();

    public Uri Address => address;

    /// <summary>The operations that have answered, with their status.</summary>
    public IReadOnlyCollection<(string Operation, int Status)> Answered => answered;

    /// <summary>The organization's credentials.</summary>
    public Credential Organization { get; } = Credential.Basic(user, password);

    public Task<Answer> GetAsync(string path, Credential credential) => SendAsync(HttpMethod.Get, path, credential);

    public Task<Answer> DeleteAsync(string path, Credential credential) => SendAsync(HttpMethod.Delete, path, credential);

    public Task<Answer> PostAsync(string path, Credential credential, string? json = null) => SendAsync(
        HttpMethod.Post, path, credential, json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"));

    public async Task<Answer> SendAsync(HttpMethod method, string path, Credential credential, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        credential.AddTo(request);
        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var type = response.Content.Headers.ContentType?.ToString();
        var path = request.RequestUri!.IsAbsoluteUri ? request.RequestUri.AbsolutePath : request.RequestUri.OriginalString;
        // Headers that are too large are refused by the server, before any function.
        if (response.StatusCode != HttpStatusCode.RequestHeaderFieldsTooLarge
            && ApiDocument.Own.Find(request.Method.Method, path) is { } operation)
        {
            var fault = ApiDocument.Own.Fault(operation, (int)response.StatusCode, type, text);
            Assert.True(fault is null, $"{request.Method} {path} is not answered as the OpenAPI document says: {fault}");
            // A request that is not valid HTTP is answered by the server itself.
            if (text.Length > 0) Assert.True(response.Headers.CacheControl?.NoStore, $"{request.Method} {path} can be stored by a cache.");
            answered.Enqueue((operation.GetProperty("operationId").GetString()!, (int)response.StatusCode));
        }
        return new Answer(response.StatusCode, type, text) { Location = response.Headers.Location?.ToString() };
    }

    /// <summary>Creates an application.</summary>
    public async Task<CreatedApplication> CreateApplicationAsync(string name = "New application")
    {
        var body = (await PostAsync("/v3/applications", Organization, JsonSerializer.Serialize(new { name }))).Ok();
        return new CreatedApplication(
            body.GetProperty("app_id").GetString()!, Credential.Token(body.GetProperty("api_token").GetString()!));
    }

    /// <summary>Issues a secondary token.</summary>
    public async Task<Credential> IssueTokenAsync(Credential master)
    {
        var body = (await PostAsync("/v3/applications/api_tokens", master)).Ok();
        return Credential.Token(body.GetProperty("token").GetString()!);
    }

    /// <summary>Sends events, as the local caller.</summary>
    public Task<Answer> RecordAsync(CreatedApplication application, params IEnumerable<string> events) =>
        PostAsync($"/ops/v1/applications/{application.Id}/events", Credential.Ops, $$"""{"events":[{{string.Join(',', events)}}]}""");

    /// <summary>Sets an application's limits, as the local caller.</summary>
    public Task<Answer> SetLimitsAsync(CreatedApplication application, string json) => SendAsync(
        HttpMethod.Put, $"/ops/v1/applications/{application.Id}/limits", Credential.Ops, new StringContent(json, Encoding.UTF8));

    /// <summary>Creates an application without limits.</summary>
    public async Task<CreatedApplication> CreateUnlimitedApplicationAsync()
    {
        var application = await CreateApplicationAsync();
        (await SetLimitsAsync(application, """{"user_messages_per_second":0,"channel_messages_per_second":0}""")).Ok();
        return application;
    }

    /// <summary>The daily counts from one day to another, in the order of the answer.</summary>
    public async Task<IReadOnlyList<(string Day, long Count)>> DailyCountsAsync(CreatedApplication application, string from, string to) =>
        [.. (await GetAsync($"/v3/applications/messages/daily_count?start_date={from}&end_date={to}", application.Master)).Ok()
            .GetProperty("message_count").EnumerateObject().Select(day => (day.Name, day.Value.GetInt64()))];

    public void Dispose() => http.Dispose();
}

/// <summary>An application and its master token.</summary>
internal sealed record CreatedApplication(string Id, Credential Master);

/// <summary>The credential of a request.</summary>
internal sealed record Credential(string? Header, string Value)
{
    public static readonly Credential None = new(null, "");

    public static readonly Credential Ops = new("X-Gatehouse-Key", RunningGatehouse.OpsKey);

    public static Credential Token(string token) => new("Api-Token", token);

    public static Credential Basic(string user, string password) =>
        new("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    public void AddTo(HttpRequestMessage request) => AddTo(request.Headers);

    public void AddTo(HttpRequestHeaders headers)
    {
        if (Header is not null) headers.TryAddWithoutValidation(Header, Value);
    }
}

/// <summary>An answer with its body.</summary>
internal sealed record Answer(HttpStatusCode Status, string? ContentType, string Text)
{
    public JsonElement Body => JsonElement.Parse(Text);

    public string? Location { get; init; }

    /// <summary>The body of an answer that must be 201.</summary>
    public JsonElement Created()
    {
        Assert.True(Status == HttpStatusCode.Created, $"{(int)Status}: {Text}");
        return Body;
    }

    /// <summary>The body of an answer that must be 200.</summary>
    public JsonElement Ok()
    {
        Assert.True(Status == HttpStatusCode.OK, $"{(int)Status}: {Text}");
        Assert.StartsWith("application/json", ContentType, StringComparison.Ordinal);
        return Body;
    }

    /// <summary>Asserts that the answer is a problem of this type (RFC 9457), and returns it.</summary>
    public JsonElement Problem(HttpStatusCode status, string type)
    {
        Assert.True(Status == status, $"{(int)Status}: {Text}");
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal($"urn:gatehouse:problem:{type}", Body.GetProperty("type").GetString());
        Assert.Equal((int)status, Body.GetProperty("status").GetInt32());
        foreach (var name in (string[])["title", "detail", "request_id"]) Assert.NotEmpty(Body.GetProperty(name).GetString()!);
        return Body;
    }

    /// <summary>Asserts that the answer is a refusal with this code in the platform's format, and returns its message.</summary>
    public string Refused(int code, HttpStatusCode status = HttpStatusCode.BadRequest)
    {
        Assert.True(Status == status, $"{(int)Status}: {Text}");
        Assert.StartsWith("application/json", ContentType, StringComparison.Ordinal);
        Assert.Equal(["message", "code", "error"], Body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(code, Body.GetProperty("code").GetInt32());
        Assert.True(Body.GetProperty("error").GetBoolean());
        var message = Body.GetProperty("message").GetString()!;
        Assert.NotEmpty(message);
        return message;
    }
}
