using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.LocalHost;

/// <summary>Runs one timer's function whenever it comes due or is asked for, one run after the other.</summary>
/// <remarks>
/// What comes due while a run is still going is left out. Asking while a run is going makes one more run after it, however
/// often one asks.
/// </remarks>
internal sealed partial class TimerLoop(TimerFunction function, IServiceScopeFactory scopes, TimeProvider clock, ILogger logger)
{
    // A timer counts elapsed time and stands still while the machine sleeps: looking at the clock every minute notices.
    // It also keeps a wait of months within what a timer can hold.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Channel<bool> wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private volatile bool asked;

    /// <summary>Asks for a run now, or as soon as the one that is going has ended.</summary>
    public void RunNow()
    {
        asked = true;
        Wake();
    }

    /// <summary>Runs the function until the host stops. Faults of the function do not end the loop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var now = clock.GetUtcNow();
        var next = function.Schedule.After(now);
        var status = IsMonitored(now) ? new ScheduleStatus { Next = next.UtcDateTime } : null;
        using var alarm = clock.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (function.RunOnStartup) RunNow();

        while (!stopping.IsCancellationRequested)
        {
            // Looked at again once the alarm is set: a clock may be moved on between the two.
            alarm.Change(WaitFor(next), Timeout.InfiniteTimeSpan);
            if (next > clock.GetUtcNow()) await NextWakeAsync(stopping);

            var started = clock.GetUtcNow();
            var isDue = next <= started;
            if (stopping.IsCancellationRequested || !(isDue || asked)) continue;

            asked = false;
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
        Task woken = wakes.Reader.ReadAsync(stopping).AsTask();
        await woken.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            // The run has done as it was told.
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

        // From the occurrence that was served on, so that an interval does not drift by the length of its runs.
        var first = wasDue ? function.Schedule.After(next) : next;
        if (first > ended) return first;

        var following = function.Schedule.After(ended);
        LogSkipped(logger, function.Name, first, following);
        return following;
    }

    // The Functions host keeps no status for a timer that comes due more than once a minute.
    private bool IsMonitored(DateTimeOffset now) =>
        function.UseMonitor && function.Schedule.After(function.Schedule.After(now)) > now + TimeSpan.FromMinutes(1);

    // Rounded up to what a timer can tell apart, so that it never fires before its time and then again.
    private TimeSpan WaitFor(DateTimeOffset next)
    {
        var wait = next - clock.GetUtcNow();
        if (wait >= LongestWait) return LongestWait;
        return TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(wait.TotalMilliseconds)));
    }

    private void Wake() => wakes.Writer.TryWrite(true);

    [LoggerMessage(2, LogLevel.Error, "Timer function {Function} failed; it runs again at its next time.")]
    private static partial void LogFailed(ILogger logger, string function, Exception fault);

    [LoggerMessage(3, LogLevel.Warning,
        "Timer function {Function} could not run when it came due at {Due:u}; its next run is at {Next:u}.")]
    private static partial void LogSkipped(ILogger logger, string function, DateTimeOffset due, DateTimeOffset next);
}
