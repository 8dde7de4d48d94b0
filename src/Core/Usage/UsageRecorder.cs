using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Usage;

/// <summary>
/// Records events. An answer means that the events are durable. If a request is interrupted before the answer, it can be
/// sent again: each message counts once, by its id. Marks of counted messages are kept for <see cref="UsagePurge.MarkLifetime"/>,
/// and a message that is older than <see cref="OldestMessage"/> is not counted, so a replay never counts again.
/// </summary>
public sealed class UsageRecorder
{
    /// <summary>The most events of one request.</summary>
    public const int MostEvents = 1000;

    /// <summary>
    /// The age up to which a message is counted. A message may also be a day ahead, so its mark is kept for a day longer.
    /// </summary>
    public static readonly TimeSpan OldestMessage = TimeSpan.FromDays(3);

    private readonly UsageLimits limits;
    private readonly UsageApplications applications;
    private readonly MessageLedger messages;
    private readonly ActiveUsers users;
    private readonly NodeReports nodes;
    private readonly MessageRateLimiter rateLimiter = new();
    private readonly TimeProvider time;

    /// <summary>Records into a store.</summary>
    public UsageRecorder(ITableStore store, UsageLimits limits, TimeProvider time)
    {
        this.limits = limits;
        this.time = time;
        applications = new UsageApplications(store);
        messages = new MessageLedger(store, time);
        users = new ActiveUsers(store);
        nodes = new NodeReports(store, time);
    }

    /// <summary>Records the events of a request, at most <see cref="MostEvents"/>, under the application's limits.</summary>
    /// <exception cref="StoreUnavailableException">Some events may be recorded. Send the request again.</exception>
    public async Task<UsageReceipt> RecordAsync(
        AppId application, IReadOnlyList<UsageEvent> events, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(events.Count, MostEvents);
        var outcomes = new EventOutcome[events.Count];
        var hidden = new List<int>();
        RefuseOld(events, outcomes);
        rateLimiter.Apply(application, events, await limits.GetAsync(application, cancellation), outcomes, hidden);
        if (Array.Exists(outcomes, outcome => outcome != EventOutcome.Accepted))
            await messages.FindCountedAsync(application, events, outcomes, cancellation);
        await WriteAsync(application, events, outcomes, cancellation);
        var receipt = Receipt(outcomes, hidden);
        Measures.EventsCounted.Add(receipt.Accepted);
        Measures.EventsDuplicate.Add(receipt.Duplicates);
        return receipt;
    }

    /// <summary>
    /// Records a message that was already delivered to its channel. The limits do not apply. One that is too old is not counted.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The message may be recorded. Send it again.</exception>
    public async Task RecordDeliveredAsync(AppId application, UsageEvent message, CancellationToken cancellation)
    {
        var outcomes = new EventOutcome[1];
        RefuseOld([message], outcomes);
        if (outcomes[0] == EventOutcome.TooOld)
        {
            Measures.WebhooksTooOld.Add(1);
            return;
        }
        await WriteAsync(application, [message], outcomes, cancellation);
        (outcomes[0] == EventOutcome.Duplicate ? Measures.EventsDuplicate : Measures.EventsCounted).Add(1);
    }

    private void RefuseOld(IReadOnlyList<UsageEvent> events, EventOutcome[] outcomes)
    {
        var oldest = time.GetUtcNow() - OldestMessage;
        for (var index = 0; index < events.Count; index++)
            if (events[index] is { Kind: UsageEventKind.Message } message && message.At < oldest) outcomes[index] = EventOutcome.TooOld;
    }

    // A cancelled caller stops waiting, but the writes go on: they are shared with other callers.
    private async Task WriteAsync(
        AppId application, IReadOnlyList<UsageEvent> events, EventOutcome[] outcomes, CancellationToken cancellation)
    {
        await applications.AddAsync(application, cancellation);
        var writes = Task.WhenAll(
            messages.CountAsync(application, events, outcomes), users.AddAsync(application, events, outcomes));
        await writes.WaitAsync(cancellation);
        Dictionary<string, int>? reports = null;
        foreach (var one in events)
            if (one.Kind == UsageEventKind.Connections) (reports ??= new(StringComparer.Ordinal))[one.Node] = one.Connections;
        if (reports is null) return;
        var refused = await nodes.ReportAsync(application, reports, cancellation);
        for (var index = 0; refused.Count > 0 && index < events.Count; index++)
        {
            if (events[index].Kind == UsageEventKind.Connections && refused.Contains(events[index].Node))
                outcomes[index] = EventOutcome.OverNodeLimit;
        }
    }

    private static UsageReceipt Receipt(EventOutcome[] outcomes, List<int> hidden)
    {
        var (accepted, duplicates) = (0, 0);
        List<UsageNote> refused = [];
        for (var index = 0; index < outcomes.Length; index++)
        {
            switch (outcomes[index])
            {
                case EventOutcome.Accepted:
                    accepted++;
                    break;
                case EventOutcome.Duplicate:
                    duplicates++;
                    break;
                case EventOutcome.OverUserLimit:
                    refused.Add(new UsageNote(index, UsageReason.UserLimit));
                    break;
                case EventOutcome.TooOld:
                    refused.Add(new UsageNote(index, UsageReason.TooOld));
                    break;
                case EventOutcome.OverNodeLimit:
                    refused.Add(new UsageNote(index, UsageReason.NodeLimit));
                    break;
            }
        }
        return new UsageReceipt(
            accepted, duplicates, refused, [.. hidden.Select(index => new UsageNote(index, UsageReason.ChannelLimit))]);
    }
}
