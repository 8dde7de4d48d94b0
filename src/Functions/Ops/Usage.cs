using System.Globalization;
using Gatehouse.Access.Callers;
using Gatehouse.Custody;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Gatehouse.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>An application's usage events and message limits.</summary>
public sealed class Usage(
    OpsGate gate, IApplicationDirectory applications, UsageRecorder recorder, UsageLimits limits, TimeProvider time)
{
    /// <summary>Records up to 1,000 events. They are durable before the answer; without an answer, the caller can send them again.</summary>
    [Function(nameof(RecordEvents))]
    public Task<IResult> RecordEvents(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications/{appId}/events")] HttpRequest request,
        string appId) =>
        gate.ReportAsync(request, Role.UsageWrite, appId, async (application, cancellation) =>
        {
            await RequireApplicationAsync(application, cancellation);
            var body = await RequestBody.ReadAsync(request, RequestBody.EventsLimit, cancellation);
            var events = UsageEventReader.Read(body.Span, time.GetUtcNow());
            return new PreparedChange(
                async () => OpsReply.Ok(
                    ReceiptDocument.Of(await recorder.RecordAsync(application, events, cancellation)), UsageContext.Default.ReceiptDocument),
                () => Task.FromResult(DryRunDocument.Of(new PlannedStep(
                    PlannedAction.Record, $"application:{application}",
                    $"{events.Count} valid events are recorded. Those that are known already, too old, or over a limit are not counted."))));
        });

    /// <summary>The limits on messages a second.</summary>
    [Function(nameof(ViewLimits))]
    public Task<IResult> ViewLimits(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/applications/{appId}/limits")] HttpRequest request,
        string appId) =>
        gate.ReadAsync(request, Role.CountsRead, appId, async (_, application, cancellation) =>
        {
            await RequireApplicationAsync(application, cancellation);
            return OpsReply.Ok(
                LimitsDocument.Of(await limits.GetAsync(application, cancellation)), UsageContext.Default.LimitsDocument);
        });

    /// <summary>Sets the limits on messages a second: 1 to 10,000, or 0 for no limit.</summary>
    [Function(nameof(SetLimits))]
    public Task<IResult> SetLimits(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "ops/v1/applications/{appId}/limits")] HttpRequest request,
        string appId) =>
        gate.CommitAsync(request, Role.UsageWrite, appId, async (change, application, cancellation) =>
        {
            await RequireApplicationAsync(application, cancellation);
            var body = await RequestBody.ReadFieldsAsync(
                request, ["user_messages_per_second", "channel_messages_per_second"], cancellation);
            var set = new MessageLimits(
                body.RequiredInteger("user_messages_per_second", 0, MessageLimits.Most),
                body.RequiredInteger("channel_messages_per_second", 0, MessageLimits.Most));
            return new PreparedChange(
                async () =>
                {
                    await limits.SetAsync(application, set, [change.EntryRow()], cancellation);
                    return OpsReply.Ok(LimitsDocument.Of(set), UsageContext.Default.LimitsDocument);
                },
                async () => DryRunDocument.Of(PlannedSteps(application, await limits.GetAsync(application, cancellation), set)));
        });

    private static PlannedStep[] PlannedSteps(AppId application, MessageLimits current, MessageLimits set) =>
    [
        new(PlannedAction.Set, $"application:{application}",
            $"A user may send {Limit(set.UserMessagesPerSecond)}, before {Limit(current.UserMessagesPerSecond)}; "
                + $"a channel shows {Limit(set.ChannelMessagesPerSecond)}, before {Limit(current.ChannelMessagesPerSecond)}."),
    ];

    private static string Limit(int limit) =>
        limit == 0 ? "any number of messages a second" : string.Create(CultureInfo.InvariantCulture, $"{limit} messages a second");

    // Usage is stored under the application's id, so the application must exist.
    private async Task RequireApplicationAsync(AppId application, CancellationToken cancellation)
    {
        if (!await applications.ExistsAsync(application, cancellation)) throw new ProblemException(Problem.UnknownApplication());
    }
}
