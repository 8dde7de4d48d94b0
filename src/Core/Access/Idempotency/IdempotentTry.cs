using Gatehouse.Storage;

namespace Gatehouse.Access.Idempotency;

/// <summary>A try of a call with an <see cref="IdempotencyKey"/>.</summary>
/// <param name="CallId">Identifies the call: 64 hex digits, the same for each of its tries.</param>
/// <param name="TriedSince">When the first try began; null if this is the first one. Earlier tries have ended without an answer
/// that decides the call, but may have changed something.</param>
/// <param name="AnswerRow">Stores the answer, in a commit of the operation to the table of the applications.</param>
public sealed record IdempotentTry(string CallId, DateTimeOffset? TriedSince, Func<StoredAnswer, RowChange> AnswerRow)
{
    /// <summary>Whether such a commit has succeeded.</summary>
    internal bool IsAnswered { get; set; }
}
