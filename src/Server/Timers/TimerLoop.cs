using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Server.Timers;

/// <summary>Runs one timer's function on its schedule and on request, never two runs at once.</summary>
/// <remarks>
/// An occurrence that falls into a run is skipped. Any number of requests during a run cause one more run after it. What fell into the
/// time when the server was stopped is not made up for here: the jobs remember it.
/// </remarks>
internal sealed partial class TimerLoop(
    TimerFunction function, IServiceScopeFactory scopes, TimeProvider clock, ILogger logger)
{
    // Timers measure elapsed time and stop while the machine sleeps, and the clock can be set: so the clock is checked this
    // often. This also keeps long waits within the range of a timer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    // Clocks are corrected by less than this all the time, which delays a run by no more.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private volatile TaskCompletionSource wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile bool isRequested;
    private DateTimeOffset seen;

    /// <summary>Requests a run now, or as soon as the current run has ended.</summary>
    public void RunNow()
    {
        isRequested = true;
        Wake();
    }

    /// <summary>Runs the function until the server stops. Exceptions from the function do not end the loop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var now = seen = clock.GetUtcNow();
        var next = function.Schedule.After(now);
        var status = IsMonitored(now) ? new ScheduleStatus { Next = next.UtcDateTime } : null;
        using var alarm = clock.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (function.RunOnStartup) RunNow();

        while (!stopping.IsCancellationRequested)
        {
            next = AfterClockChange(next);
            // Check the clock again after setting the alarm: it may have been moved in between.
            alarm.Change(WaitFor(next), Timeout.InfiniteTimeSpan);
            if (next > clock.GetUtcNow()) await NextWakeAsync(stopping);

            var started = clock.GetUtcNow();
            var isDue = next <= started;
            if (stopping.IsCancellationRequested || !(isDue || isRequested)) continue;

            isRequested = false;
            await RunOnceAsync(status, stopping);
            next = NextAfterRun(next, isDue);
            if (isDue && status is not null)
            {
                status = new ScheduleStatus
                {
                    Last = started.UtcDateTime,
                    Next = next.UtcDateTime,
                    LastUpdated = started.UtcDateTime,
                };
            }
        }
    }

    private async Task NextWakeAsync(CancellationToken stopping)
    {
        await wake.Task.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What woke the loop until here is seen when it looks at the clock and the requests next.
        wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    // If the clock was set back, the next time by the old clock may be days away.
    private DateTimeOffset AfterClockChange(DateTimeOffset next)
    {
        var now = clock.GetUtcNow();
        if (now < seen - ClockTolerance)
        {
            next = function.Schedule.After(now);
            LogSetBack(logger, function.Name, seen, now, next);
        }
        seen = now;
        return next;
    }

    private async Task RunOnceAsync(ScheduleStatus? status, CancellationToken stopping)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await function.RunAsync(new TimerRun(new TimerInfo { ScheduleStatus = status }, scope.ServiceProvider, stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The run stopped because the server is stopping.
        }
        catch (Exception fault)
        {
            LogFailed(logger, function.Name, fault);
        }
    }

    private DateTimeOffset NextAfterRun(DateTimeOffset next, bool wasDue)
    {
        var ended = clock.GetUtcNow();
        if (next > ended) return next;

        // Count from the occurrence that was due, so that an interval does not drift by the duration of its runs.
        var first = wasDue ? function.Schedule.After(next) : next;
        if (first > ended) return first;

        var following = function.Schedule.After(ended);
        LogSkipped(logger, function.Name, first, following);
        return following;
    }

    // The Functions host keeps no status for timers that run more than once a minute.
    private bool IsMonitored(DateTimeOffset now) =>
        function.UseMonitor && function.Schedule.After(function.Schedule.After(now)) > now + TimeSpan.FromMinutes(1);

    // Rounded up to whole milliseconds, so that a timer never fires early and then again.
    private TimeSpan WaitFor(DateTimeOffset next)
    {
        var wait = next - clock.GetUtcNow();
        if (wait >= LongestWait) return LongestWait;
        return TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(wait.TotalMilliseconds)));
    }

    private void Wake() => wake.TrySetResult();

    [LoggerMessage(2, LogLevel.Error, "Timer function {Function} failed; it runs again at its next time.")]
    private static partial void LogFailed(ILogger logger, string function, Exception fault);

    [LoggerMessage(6, LogLevel.Warning, "Timer function {Function}: the clock was set back from {Before:u} to {Now:u}; its next run is at {Next:u}.")]
    private static partial void LogSetBack(ILogger logger, string function, DateTimeOffset before, DateTimeOffset now, DateTimeOffset next);

    [LoggerMessage(3, LogLevel.Information,
        "Timer function {Function} could not run when it came due at {Due:u}; its next run is at {Next:u}.")]
    private static partial void LogSkipped(ILogger logger, string function, DateTimeOffset due, DateTimeOffset next);
}
