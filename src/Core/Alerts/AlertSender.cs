using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Gatehouse.Alerts;

/// <summary>The result of one attempt to deliver an alert.</summary>
/// <param name="Status">The HTTP status; null where there was no answer.</param>
/// <param name="RetryAfter">How long the receiver asks to wait; null where it does not say.</param>
internal readonly record struct SendResult(HttpStatusCode? Status, TimeSpan? RetryAfter)
{
    /// <summary>Whether the receiver accepted it: any 2xx.</summary>
    public bool IsDelivered => Status is { } status && (int)status is >= 200 and < 300;

    /// <summary>Whether the receiver will never accept it: 410 (Standard Webhooks, "Disabling endpoints").</summary>
    public bool IsGone => Status == HttpStatusCode.Gone;
}

/// <summary>
/// Posts signed alerts to the receiver (Standard Webhooks). It follows no redirects and does not read the body of an answer.
/// </summary>
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
            // After this time a new connection sees changes in DNS.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        });
    }

    /// <summary>Sends a message once.</summary>
    /// <param name="id">The message's id. The receiver recognizes a message that is sent twice by it.</param>
    /// <param name="body">The body.</param>
    /// <param name="cancellation">Cancels; the receiver may have the message.</param>
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
