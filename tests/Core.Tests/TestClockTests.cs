namespace Gatehouse.Tests;

public sealed class TestClockTests
{
    [Fact]
    public void Timers_fire_in_order_with_the_clock_at_their_due_time()
    {
        var clock = new TestClock();
        var start = clock.GetUtcNow();
        var fired = new List<(string Name, TimeSpan At)>();
        void Note(object? name) => fired.Add(((string)name!, clock.GetUtcNow() - start));
        using var late = clock.CreateTimer(Note, "late", TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var every = clock.CreateTimer(Note, "every", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
        using var gone = clock.CreateTimer(Note, "gone", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        gone.Dispose();

        clock.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Empty(fired);
        clock.Advance(TimeSpan.FromSeconds(8.5));

        Assert.Equal(
            [
                ("every", TimeSpan.FromSeconds(2)), ("late", TimeSpan.FromSeconds(5)), ("every", TimeSpan.FromSeconds(6)),
                ("every", TimeSpan.FromSeconds(10)),
            ],
            fired);
        Assert.Equal(start + TimeSpan.FromSeconds(10), clock.GetUtcNow());
    }

    [Fact]
    public async Task Delays_and_timeouts_end_when_the_clock_reaches_them()
    {
        var clock = new TestClock();
        var delay = Task.Delay(TimeSpan.FromMinutes(1), clock);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2), clock);
        Assert.Equal(2, clock.WaitingTimers);

        clock.Advance(TimeSpan.FromMinutes(1));
        await delay;
        Assert.False(timeout.IsCancellationRequested);

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(timeout.IsCancellationRequested);
        Assert.Equal(TimeSpan.FromMinutes(2), clock.GetElapsedTime(new TestClock().GetTimestamp()));
    }
}
