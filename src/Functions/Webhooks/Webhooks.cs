using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Webhooks;

/// <summary>Receives the platform's webhooks.</summary>
public sealed class Webhooks(WebhookGate gate, UsageRecorder recorder, TimeProvider time)
{
    /// <summary>Counts the message in a webhook, once. Webhooks of other categories are accepted and ignored.</summary>
    [Function(nameof(ReceiveWebhook))]
    public Task<IResult> ReceiveWebhook(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "webhooks/{appId}")] HttpRequest request,
        string appId) =>
        gate.SignedAsync(request, appId, async (application, body, cancellation) =>
        {
            if (WebhookMessage.Read(body.Span, time.GetUtcNow()) is { } message)
                await recorder.RecordDeliveredAsync(application, message, cancellation);
            return OpsReply.EmptyObject();
        });
}
