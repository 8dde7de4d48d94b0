namespace Gatehouse.Custody;

/// <summary>The times that custody works with.</summary>
public sealed record CustodySettings
{
    /// <summary>
    /// How long a lock lasts. Its holder gives up at half of that, so that the platform has the other half to finish what it
    /// was asked. Then another instance takes over.
    /// </summary>
    public TimeSpan LockTime { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a call waits for another call that is changing the same application's tokens.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the old token keeps working after a rotation by the timer; at most half of the time between rotations.
    /// </summary>
    public TimeSpan Overlap { get; init; } = TimeSpan.FromHours(1);
}
