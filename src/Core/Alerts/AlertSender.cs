using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Gatehouse.Alerts;

/// <summary>What became of one try to deliver an alert.</summary>
/// <param name="Status">The HTTP status; null where there was no answer.</param>
/// <param name="RetryAfter">What the receiver asks to be left alone for; null where it does not say.</param>
internal readonly record struct SendResult(HttpStatusCode? Status, TimeSpan? RetryAfter)
{
    /// <summary>Whether the receiver has taken it: any 2xx.</summary>
    public bool IsDelivered => Status is { } status && (int)status is >= 200 and < 300;

    /// <summary>Whether the receiver will never take it: 410 (Standard Webhooks, "Disabling endpoints").</summary>
    public bool IsGone => Status == HttpStatusCode.Gone;
}

/// <summary>Posts alerts to their receiver, signed (Standard Webhooks). It follows no redirect and reads no answer's body.</summary>
internal sealed class AlertSender : IDisposable
{
    private const string JsonType = "application/json";

    private readonly AlertReceiver receiver;
    private readonly TimeSpan timeout;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker http;

    public AlertSender(AlertReceiver receiver, TimeSpan timeout, TimeProvider time)
    {
        this.receiver = receiver;
        this.timeout = timeout;
        this.time = time;
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            // So long may an address stand that DNS has changed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        });
    }

    /// <summary>Sends a message once.</summary>
    /// <param name="id">What the receiver knows a message by that it is sent twice.</param>
    /// <param name="body">The body.</param>
    /// <param name="cancellation">Gives up; the receiver may have it.</param>
    public async Task<SendResult> SendAsync(string id, byte[] body, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, receiver.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(JsonType);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", string.Join(' ', receiver.Secrets.Select(secret => secret.Sign(id, now, body))));
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return new SendResult(response.StatusCode, Wait(response.Headers.RetryAfter, now));
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return default;
        }
    }

    public void Dispose() => http.Dispose();

    private static TimeSpan? Wait(RetryConditionHeaderValue? header, DateTimeOffset now) => header?.Delta ?? header?.Date - now;
}
