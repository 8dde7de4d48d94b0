using Gatehouse.Access.Idempotency;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Access.Audit;

/// <summary>
/// The rows of a running call: its audit entry and, with an <see cref="IdempotencyKey"/>, its answer. A change that commits to
/// the application's partition adds them to its first and its last commit, so that they need no commits of their own.
/// </summary>
public sealed class CallRecord(AuditTrail trail, AuditCall call, AuditTarget target, IdempotentTry? attempt)
{
    private readonly AuditEntry entry = trail.Begin(call, target);
    private bool isStarted;
    private bool isEnded;

    /// <summary>What the entry says.</summary>
    public AuditTarget Target { get; set; } = target;

    /// <summary>The answer to store. Null before the change has one, and for an answer that is too large.</summary>
    public StoredAnswer? Answer { get; set; }

    private AuditEntry Started => entry with { Application = Target.Application, Subject = Target.Subject, Label = Target.Label };

    /// <summary>Writes the start of the entry by itself. Required before another system is called.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer: then the change must not start.</exception>
    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        if (!isStarted) await trail.WriteAsync(Started, [], cancellation);
        isStarted = true;
    }

    /// <summary>Writes the outcome, unless a commit of the change has. Without a start, it is the only row.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    public async Task EndAsync(bool done, CancellationToken cancellation)
    {
        if (isEnded) return;
        var ended = trail.End(entry, done, Target);
        var answer = done && trail.PlaceOf(ended).Table == HexPartitions.ApplicationTable ? AnswerRows() : default;
        await trail.WriteAsync(ended, answer.Changes ?? [], cancellation);
        answer.Committed?.Invoke();
    }

    /// <summary>The start, for a commit to the application table. Where it cannot be part of that, it is written now.</summary>
    internal async ValueTask<CallRows> StartAsync(string partition, CancellationToken cancellation)
    {
        if (!isStarted && trail.PlaceOf(entry) == (HexPartitions.ApplicationTable, partition))
            return new CallRows([RowChange.Put(Started.ToRow())], () => isStarted = true);
        await StartAsync(cancellation);
        return default;
    }

    /// <summary>The end as done, and the answer, for a commit to the application table.</summary>
    internal CallRows End(string partition)
    {
        var answer = AnswerRows();
        var ended = trail.End(entry, done: true, Target);
        return trail.PlaceOf(ended) != (HexPartitions.ApplicationTable, partition)
            ? answer
            : new CallRows([RowChange.Put(ended.ToRow()), .. answer.Changes ?? []], answer.Committed + (() => isEnded = true));
    }

    private CallRows AnswerRows() => attempt is null || Answer is null
        ? default
        : new CallRows([attempt.AnswerRow(Answer)], () => attempt.IsAnswered = true);
}

/// <summary>Rows of a call for one commit of its change.</summary>
/// <param name="Changes">The rows; null for none.</param>
/// <param name="Committed">Is told that the commit has succeeded.</param>
internal readonly record struct CallRows(IReadOnlyList<RowChange>? Changes, Action? Committed);

/// <summary>How a change ends its call, in its last commit.</summary>
/// <param name="Call">The call.</param>
/// <param name="Answer">Sets the answer by the change's result. It can be called several times, with the latest result last.</param>
public sealed record CallEnd<T>(CallRecord Call, Action<T> Answer)
{
    /// <summary>The end of the call, for a commit in a partition of the application table.</summary>
    internal CallRows Of(T result, string partition)
    {
        Answer(result);
        return Call.End(partition);
    }
}
