namespace Gatehouse.Access.Idempotency;

/// <summary>A try of a call with an <see cref="IdempotencyKey"/>.</summary>
/// <param name="CallId">Identifies the call: 64 hex digits, the same for each of its tries.</param>
/// <param name="TriedSince">When the first try began; null if this is the first one. Earlier tries have ended without an answer
/// that decides the call, but may have changed something.</param>
public readonly record struct IdempotentTry(string CallId, DateTimeOffset? TriedSince);
