using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Gatehouse.Bench.Harness;

/// <summary>Sends single requests to a server, and requires that they succeed.</summary>
internal sealed class Client(Uri server) : IDisposable
{
    private static readonly AuthenticationHeaderValue Organization =
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Rig.User}:{Rig.Password}")));

    private readonly HttpClient http = new() { BaseAddress = server, Timeout = TimeSpan.FromMinutes(10) };

    /// <summary>The organization's credentials as a header's value.</summary>
    public static string OrganizationText => Organization.ToString();

    public void Dispose() => http.Dispose();

    /// <summary>A request to the platform's API.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="token">The API token; null for the organization's credentials.</param>
    /// <param name="cancellation">Cancels.</param>
    public Task<byte[]> PlatformAsync(HttpMethod method, string path, string? token, CancellationToken cancellation) =>
        SendAsync(method, path, null, request =>
        {
            if (token is null) request.Headers.Authorization = Organization;
            else request.Headers.Add("Api-Token", token);
        }, cancellation);

    /// <summary>A request to the facade.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="json">The body; null for none.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <param name="idempotencyKey">The idempotency key; null for none.</param>
    public Task<byte[]> FacadeAsync(
        HttpMethod method, string path, string? json, CancellationToken cancellation, string? idempotencyKey = null) =>
        SendAsync(method, path, json, request =>
        {
            request.Headers.Add(Rig.OpsHeader, Rig.OpsKey);
            if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        }, cancellation);

    /// <summary>A request as the load generator sends it.</summary>
    public Task<byte[]> GetAsync(Requests requests, CancellationToken cancellation) => SendAsync(
        HttpMethod.Get, requests.Path, null,
        request => request.Headers.TryAddWithoutValidation(requests.Header, File.ReadLines(requests.Credentials).First()), cancellation);

    /// <summary>A text of an answer.</summary>
    public static string Member(byte[] json, string name) => JsonElement.Parse(json).GetProperty(name).GetString()!;

    private async Task<byte[]> SendAsync(
        HttpMethod method, string path, string? json, Action<HttpRequestMessage> authenticate, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        authenticate(request);
        using var response = await http.SendAsync(request, cancellation);
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        return response.IsSuccessStatusCode
            ? body
            : throw new BenchException($"{method} {path}: {(int)response.StatusCode} {Encoding.UTF8.GetString(body)}");
    }
}
