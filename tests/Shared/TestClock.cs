using Microsoft.Extensions.Time.Testing;

namespace Gatehouse.Tests;

/// <summary>
/// A clock that stands still until the test moves it. Timers, delays and timeouts made on it fire on the thread that
/// moves it, in the order in which they are due, each with the clock at its own due time.
/// </summary>
/// <remarks>
/// <see cref="FakeTimeProvider"/> fires all due timers with the clock at its new time, and does not say how many wait. So this
/// class keeps their due times, and moves the clock from one to the next.
/// </remarks>
public sealed class TestClock : FakeTimeProvider
{
    private readonly Lock gate = new();
    private readonly Dictionary<Timer, DateTimeOffset> due = [];
    private int timersSet;

    /// <summary>A clock at a fixed instant: 12:00 UTC on Wednesday, 15 May 2024.</summary>
    public TestClock()
        : this(new DateTimeOffset(2024, 5, 15, 12, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock at the given instant.</summary>
    public TestClock(DateTimeOffset start)
        : base(start.ToUniversalTime())
    {
    }

    /// <summary>How many timers wait to fire: what a test awaits before it advances the clock past them.</summary>
    public int WaitingTimers
    {
        get
        {
            lock (gate) return due.Count;
        }
    }

    /// <summary>How often a timer was set to fire: what a test awaits where a timer may wait already, and is set again.</summary>
    public int TimersSet
    {
        get
        {
            lock (gate) return timersSet;
        }
    }

    /// <summary>Moves the clock forward, and fires the timers that fall due.</summary>
    public new void Advance(TimeSpan by) => Set(GetUtcNow() + by);

    /// <summary>Moves the clock to an instant, not before the present one, and fires the timers that fall due.</summary>
    public void Set(DateTimeOffset instant)
    {
        while (NextDue() is { } next && next <= instant) SetUtcNow(next);
        SetUtcNow(instant.ToUniversalTime());
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ITimer CreateInner(TimerCallback callback) =>
        base.CreateTimer(callback, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private DateTimeOffset? NextDue()
    {
        var now = GetUtcNow();
        lock (gate) return due.Values.Where(instant => instant > now).Min(instant => (DateTimeOffset?)instant);
    }

    private void Wait(Timer timer, DateTimeOffset? until)
    {
        lock (gate)
        {
            if (until is { } instant) (due[timer], timersSet) = (instant, timersSet + 1);
            else due.Remove(timer);
        }
    }

    private sealed class Timer : ITimer
    {
        private readonly TestClock clock;
        private readonly ITimer inner;
        private TimeSpan period;

        public Timer(TestClock clock, TimerCallback callback, object? state)
        {
            this.clock = clock;
            inner = clock.CreateInner(_ => Fire(callback, state));
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            this.period = period;
            clock.Wait(this, dueTime < TimeSpan.Zero ? null : clock.GetUtcNow() + dueTime);
            return inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            clock.Wait(this, null);
            inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        // A period of zero means none, as for a real timer.
        private void Fire(TimerCallback callback, object? state)
        {
            clock.Wait(this, period > TimeSpan.Zero ? clock.GetUtcNow() + period : null);
            callback(state);
        }
    }
}
