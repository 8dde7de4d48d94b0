using Gatehouse.Storage;

namespace Gatehouse.Access.Idempotency;

/// <summary>A try of a call with an <see cref="IdempotencyKey"/>.</summary>
/// <param name="callId">Identifies the call: 64 hex digits, the same for each of its tries.</param>
/// <param name="triedSince">When the first try began; null if this is the first one. Earlier tries have ended without an answer
/// that decides the call, but may have changed something.</param>
/// <param name="answerRow">Makes the row of an answer.</param>
public sealed class IdempotentTry(string callId, DateTimeOffset? triedSince, Func<StoredAnswer, TableRow> answerRow)
{
    /// <summary>Identifies the call.</summary>
    public string CallId => callId;

    /// <summary>When the first try began; null if this is the first one.</summary>
    public DateTimeOffset? TriedSince => triedSince;

    /// <summary>Whether a commit of the operation has stored the answer.</summary>
    internal bool IsAnswered { get; set; }

    /// <summary>Stores the answer in a commit of the operation, in the application table.</summary>
    internal RowChange AnswerRow(StoredAnswer answer) => RowChange.Put(answerRow(answer));
}
