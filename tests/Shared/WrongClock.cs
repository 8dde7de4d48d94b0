namespace Gatehouse.Tests;

/// <summary>A clock that follows another one, and can be set wrong.</summary>
public sealed class WrongClock(TimeProvider right) : TimeProvider
{
    /// <summary>How far it is set forward, or back if negative.</summary>
    public TimeSpan Error { get; set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => right.TimestampFrequency;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => right.GetUtcNow() + Error;

    /// <inheritdoc/>
    public override long GetTimestamp() => right.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        right.CreateTimer(callback, state, dueTime, period);
}
