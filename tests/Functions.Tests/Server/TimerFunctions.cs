using System.Threading.Channels;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Tests.Server;

/// <summary>Records the runs of timers, and defines what a run does.</summary>
internal sealed class Runs
{
    private readonly Channel<TimerInfo> arrived = Channel.CreateUnbounded<TimerInfo>();
    private readonly List<string> began = [];

    public Func<CancellationToken, Task> Body { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<string> Began => began;

    public Task RunAsync(TimerInfo timer, TimeProvider clock, CancellationToken cancellation)
    {
        began.Add(clock.GetUtcNow().ToString("HH:mm:ss", null));
        arrived.Writer.TryWrite(timer);
        return Body(cancellation);
    }

    public Task<TimerInfo> NextAsync(TimeSpan timeout) => arrived.Reader.ReadAsync().AsTask().WaitAsync(timeout);
}

internal sealed class EveryTenMinutes(Runs runs, TimeProvider clock)
{
    [Function(nameof(EveryTenMinutes))]
    public Task RunAsync([TimerTrigger("0 */10 * * * *")] TimerInfo timer, CancellationToken cancellation) =>
        runs.RunAsync(timer, clock, cancellation);
}

internal sealed class EveryTwentySeconds(Runs runs, TimeProvider clock)
{
    [Function(nameof(EveryTwentySeconds))]
    public Task RunAsync([TimerTrigger("*/20 * * * * *")] TimerInfo timer) => runs.RunAsync(timer, clock, default);
}

internal sealed class EveryNewYear(Runs runs, TimeProvider clock)
{
    [Function(nameof(EveryNewYear))]
    public Task RunAsync([TimerTrigger("0 0 1 1 *")] TimerInfo timer) => runs.RunAsync(timer, clock, default);
}

internal sealed class EveryHundredDays(Runs runs, TimeProvider clock)
{
    [Function(nameof(EveryHundredDays))]
    public Task RunAsync([TimerTrigger("100.00:00:00")] TimerInfo timer) => runs.RunAsync(timer, clock, default);
}

internal sealed class EveryHalfHour(Runs runs, TimeProvider clock)
{
    [Function(nameof(EveryHalfHour))]
    public Task RunAsync([TimerTrigger("00:30:00")] TimerInfo timer) => runs.RunAsync(timer, clock, default);
}

internal sealed class OnStartup(Runs runs, TimeProvider clock)
{
    [Function(nameof(OnStartup))]
    public Task RunAsync([TimerTrigger("0 0 * * * *", RunOnStartup = true)] TimerInfo timer) =>
        runs.RunAsync(timer, clock, default);
}

internal sealed class FromSettings(Runs runs, TimeProvider clock)
{
    [Function(nameof(FromSettings))]
    public Task RunAsync([TimerTrigger("0 %Archive:Minute% %Archive:Hours% * * *")] TimerInfo timer) =>
        runs.RunAsync(timer, clock, default);
}

internal sealed class Never
{
    [Function(nameof(Never))]
    public static void Run([TimerTrigger("0 0 0 30 2 *")] TimerInfo timer) { }
}

internal sealed class NoInterval
{
    [Function(nameof(NoInterval))]
    public static void Run([TimerTrigger("00:00:00")] TimerInfo timer) { }
}

internal sealed class HalfASetting
{
    [Function(nameof(HalfASetting))]
    public static void Run([TimerTrigger("0 0 0 * * %Day")] TimerInfo timer) { }
}

internal sealed class OddParameter
{
    [Function(nameof(OddParameter))]
    public static void Run([TimerTrigger("0 0 0 * * *")] TimerInfo timer, string text) { }
}
