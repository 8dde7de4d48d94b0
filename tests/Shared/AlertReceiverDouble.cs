using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Tests;

/// <summary>A receiver of alerts on a free port. It checks signatures with code of its own.</summary>
public sealed class AlertReceiverDouble : IAsyncDisposable
{
    private readonly WebApplication host;
    private readonly ConcurrentQueue<ReceivedAlert> received = new();

    private AlertReceiverDouble(WebApplication host) => this.host = host;

    /// <summary>Where alerts are posted to.</summary>
    public Uri Address => new(host.Urls.Single() + "/alerts");

    /// <summary>The secret that its signatures are checked with, as an operator writes it.</summary>
    public string Secret { get; set; } = "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Its answer to a request; 204 by default.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = context =>
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    };

    /// <summary>The received requests, including those that were refused.</summary>
    public IReadOnlyList<ReceivedAlert> Received => [.. received];

    /// <summary>Starts a receiver.</summary>
    public static async Task<AlertReceiverDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new AlertReceiverDouble(builder.Build());
        receiver.host.Run(receiver.TakeAsync);
        await receiver.host.StartAsync();
        return receiver;
    }

    /// <summary>Waits until a number of requests have arrived.</summary>
    public Task ReceivedAsync(int count) => Waiting.UntilAsync(() => received.Count >= count);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        using var at = new CancellationTokenSource(TimeSpan.Zero);
        await host.StopAsync(at.Token);
        await host.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var headers = context.Request.Headers;
        string id = headers["webhook-id"]!, timestamp = headers["webhook-timestamp"]!, signatures = headers["webhook-signature"]!;
        var right = "v1," + Convert.ToBase64String(HMACSHA256.HashData(
            Convert.FromBase64String(Secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
        received.Enqueue(new ReceivedAlert(
            id, DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, CultureInfo.InvariantCulture)),
            signatures.Split(' '), signatures.Split(' ').Contains(right), body));
        await Answer(context);
    }
}

/// <summary>An alert as it was received.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="SentAt">When this attempt was made.</param>
/// <param name="Signatures">The signatures.</param>
/// <param name="IsGenuine">Whether one of them is valid.</param>
/// <param name="Body">The body.</param>
public sealed record ReceivedAlert(string Id, DateTimeOffset SentAt, IReadOnlyList<string> Signatures, bool IsGenuine, string Body)
{
    /// <summary>What kind of event.</summary>
    public string Type => JsonElement.Parse(Body).GetProperty("type").GetString()!;

    /// <summary>What it says of the event.</summary>
    public JsonElement Data => JsonElement.Parse(Body).GetProperty("data");
}
