namespace Gatehouse.Access.Idempotency;

/// <summary>What became of a call with an <see cref="IdempotencyKey"/>: one of the records in here.</summary>
public abstract record IdempotentOutcome
{
    private IdempotentOutcome()
    {
    }

    /// <summary>The call has its answer.</summary>
    /// <param name="Answer">The answer.</param>
    /// <param name="Repeated">Whether it is that of an earlier call, and nothing was done now.</param>
    public sealed record Answered(StoredAnswer Answer, bool Repeated) : IdempotentOutcome;

    /// <summary>The key was used for another request. 422.</summary>
    public sealed record Mismatch : IdempotentOutcome;

    /// <summary>
    /// The first call is still running. 409; soon it will have its answer, and if its process has ended without one, another
    /// can take its place.
    /// </summary>
    /// <param name="AtMost">In what time that is so at the latest.</param>
    public sealed record Running(TimeSpan AtMost) : IdempotentOutcome;
}
