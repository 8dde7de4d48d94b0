namespace Gatehouse.Tests;

/// <summary>
/// A clock that stands still until the test moves it. Timers, delays and timeouts made on it fire on the thread that
/// moves it, in the order in which they are due, each with the clock at its own due time.
/// </summary>
public sealed class TestClock : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Timer> timers = [];
    private DateTimeOffset now;

    /// <summary>A clock at a fixed instant: 12:00 UTC on Wednesday, 15 May 2024.</summary>
    public TestClock()
        : this(new DateTimeOffset(2024, 5, 15, 12, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock at the given instant.</summary>
    public TestClock(DateTimeOffset start) => now = start.ToUniversalTime();

    /// <inheritdoc />
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc />
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>How many timers wait to fire: what a test awaits before it advances the clock past them.</summary>
    public int WaitingTimers
    {
        get
        {
            lock (gate) return timers.Count;
        }
    }

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return now;
    }

    /// <inheritdoc />
    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <summary>Moves the clock forward, and fires what comes due on the way.</summary>
    public void Advance(TimeSpan by) => Set(GetUtcNow() + by);

    /// <summary>Moves the clock to an instant, not before the present one, and fires what comes due on the way.</summary>
    public void Set(DateTimeOffset instant)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(instant, GetUtcNow());
        while (TakeNextDue(instant) is { } due) due.Fire();
        lock (gate) now = instant.ToUniversalTime();
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private Timer? TakeNextDue(DateTimeOffset until)
    {
        lock (gate)
        {
            var next = timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
            if (next is null) return null;
            if (next.Due > now) now = next.Due;
            next.Rearm();
            return next;
        }
    }

    private sealed class Timer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;

        public DateTimeOffset Due { get; private set; }

        public void Fire() => callback(state);

        // A period of zero is, as for a real timer, none.
        public void Rearm()
        {
            if (period > TimeSpan.Zero) Due += period;
            else clock.timers.Remove(this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                this.period = period;
                if (dueTime < TimeSpan.Zero) return true;
                Due = clock.now + dueTime;
                clock.timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock.gate) clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
