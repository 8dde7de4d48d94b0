using System.Reflection;
using Gatehouse.Jobs;
using Gatehouse.Server.Invocation;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Server.Timers;

/// <summary>The input of one timer run.</summary>
internal readonly record struct TimerRun(TimerInfo Info, IServiceProvider Services, CancellationToken Stopping);

/// <summary>A function that runs on a schedule.</summary>
internal sealed class TimerFunction
{
    private readonly FunctionMethod<TimerRun> method;

    public TimerFunction(string name, MethodInfo method, TimerTriggerAttribute trigger, IConfiguration settings)
    {
        Name = name;
        Schedule = TimerSchedule.Parse(name, trigger.Schedule, settings);
        UseMonitor = trigger.UseMonitor;
        RunOnStartup = trigger.RunOnStartup;
        this.method = new FunctionMethod<TimerRun>(name, method, run => run.Services, ReadArgument);
    }

    public string Name { get; }

    public Schedule Schedule { get; }

    public bool UseMonitor { get; }

    public bool RunOnStartup { get; }

    public async Task RunAsync(TimerRun run) => await method.InvokeAsync(run);

    private Func<TimerRun, object?> ReadArgument(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(TimerInfo) ? run => run.Info
        : parameter.ParameterType == typeof(CancellationToken) ? run => run.Stopping
        : throw new FunctionStartException(
            $"Function '{Name}': its parameter '{parameter.Name}' is not a TimerInfo or a CancellationToken.");
}
