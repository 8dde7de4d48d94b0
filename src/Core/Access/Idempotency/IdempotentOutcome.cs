namespace Gatehouse.Access.Idempotency;

/// <summary>The outcome of a call with an <see cref="IdempotencyKey"/>: one of the nested records.</summary>
public abstract record IdempotentOutcome
{
    private IdempotentOutcome()
    {
    }

    /// <summary>The call has its answer.</summary>
    /// <param name="Answer">The answer.</param>
    /// <param name="Repeated">Whether it is the answer of an earlier call, so that nothing was done now.</param>
    public sealed record Answered(StoredAnswer Answer, bool Repeated) : IdempotentOutcome;

    /// <summary>The key was used for another request. 422.</summary>
    public sealed record Mismatch : IdempotentOutcome;

    /// <summary>
    /// The first call is still running. 409. It will have its answer soon; if its process has ended without one, another
    /// call can take over.
    /// </summary>
    /// <param name="AtMost">The longest time until then.</param>
    public sealed record Running(TimeSpan AtMost) : IdempotentOutcome;
}
