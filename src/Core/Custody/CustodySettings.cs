namespace Gatehouse.Custody;

/// <summary>How custody takes its time.</summary>
public sealed record CustodySettings
{
    /// <summary>
    /// How long an instance has an application's tokens to itself. It gives up at the half, so that the platform has the
    /// other half to finish what it was asked; then another instance takes over.
    /// </summary>
    public TimeSpan LockTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a call waits for another that is changing the same application's tokens.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the old token works on when the timer rotates; at most half of the time between rotations.</summary>
    public TimeSpan Overlap { get; init; } = TimeSpan.FromHours(1);
}
