using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Usage;

/// <summary>
/// Records events. An answer means that the events are durable. If a request is interrupted before the answer, it can be
/// sent again: for at least three days, each message counts once, by its id.
/// </summary>
public sealed class UsageRecorder
{
    /// <summary>The most events of one request.</summary>
    public const int MostEvents = 1000;

    private readonly UsageLimits limits;
    private readonly UsageApplications applications;
    private readonly MessageLedger messages;
    private readonly ActiveUsers users;
    private readonly NodeReports nodes;
    private readonly MessageRateLimiter rateLimiter = new();

    /// <summary>Records into a store.</summary>
    public UsageRecorder(ITableStore store, UsageLimits limits, TimeProvider time)
    {
        this.limits = limits;
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
        rateLimiter.Apply(application, events, await limits.GetAsync(application, cancellation), outcomes, hidden);
        await messages.FindCountedAsync(application, events, outcomes, cancellation);
        await WriteAsync(application, events, outcomes, cancellation);
        var receipt = Receipt(outcomes, hidden);
        Measures.EventsCounted.Add(receipt.Accepted);
        Measures.EventsDuplicate.Add(receipt.Duplicates);
        return receipt;
    }

    /// <summary>Records a message that was already delivered to its channel. The limits do not apply.</summary>
    /// <exception cref="StoreUnavailableException">The message may be recorded. Send it again.</exception>
    public async Task RecordDeliveredAsync(AppId application, UsageEvent message, CancellationToken cancellation)
    {
        var outcomes = new EventOutcome[1];
        await WriteAsync(application, [message], outcomes, cancellation);
        (outcomes[0] == EventOutcome.Duplicate ? Measures.EventsDuplicate : Measures.EventsCounted).Add(1);
    }

    // A cancelled caller stops waiting, but the writes go on: they are shared with other callers.
    private async Task WriteAsync(
        AppId application, IReadOnlyList<UsageEvent> events, EventOutcome[] outcomes, CancellationToken cancellation)
    {
        await applications.AddAsync(application, cancellation);
        var writes = Task.WhenAll(
            messages.CountAsync(application, events, outcomes), users.AddAsync(application, events, outcomes));
        await writes.WaitAsync(cancellation);
        for (var index = 0; index < events.Count; index++)
        {
            var one = events[index];
            if (one.Kind == UsageEventKind.Connections
                && !await nodes.ReportAsync(application, one.Node, one.Connections, cancellation))
            {
                outcomes[index] = EventOutcome.OverNodeLimit;
            }
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
                case EventOutcome.OverNodeLimit:
                    refused.Add(new UsageNote(index, UsageReason.NodeLimit));
                    break;
            }
        }
        return new UsageReceipt(
            accepted, duplicates, refused, [.. hidden.Select(index => new UsageNote(index, UsageReason.ChannelLimit))]);
    }
}
