using Gatehouse.Jobs;
using Gatehouse.Server.Invocation;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Server.Timers;

/// <summary>Reads the schedules of timer functions.</summary>
internal static class TimerSchedule
{
    /// <summary>Parses a function's schedule and replaces each <c>%Name%</c> by that setting.</summary>
    /// <exception cref="FunctionStartException">A setting is missing, or the schedule is invalid.</exception>
    public static Schedule Parse(string function, string schedule, IConfiguration settings)
    {
        var text = Resolve(function, schedule, settings);
        var described = text == schedule ? $"its schedule '{schedule}'" : $"its schedule '{schedule}', set to '{text}',";
        try
        {
            return Schedule.Parse(text);
        }
        catch (FormatException fault)
        {
            throw new FunctionStartException($"Function '{function}': {described} {fault.Message.TrimEnd('.')}.", fault);
        }
    }

    private static string Resolve(string function, string schedule, IConfiguration settings)
    {
        var parts = schedule.Split('%');
        if (parts.Length % 2 == 0)
            throw new FunctionStartException($"Function '{function}': its schedule '{schedule}' has an unpaired %.");
        for (var name = 1; name < parts.Length; name += 2)
        {
            parts[name] = settings[parts[name]] ?? throw new FunctionStartException(
                $"Function '{function}': its schedule '{schedule}' names the setting '{parts[name]}', which is not set.");
        }

        return string.Concat(parts);
    }
}
