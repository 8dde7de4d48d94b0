using System.Globalization;
using Gatehouse.Server.Invocation;
using Microsoft.Extensions.Configuration;
using NCrontab;

namespace Gatehouse.Server.Timers;

/// <summary>A timer's schedule: an NCRONTAB expression in UTC, or an interval.</summary>
internal sealed class TimerSchedule
{
    private static readonly DateTimeOffset Never = DateTimeOffset.MaxValue;

    private readonly CrontabSchedule? expression;
    private readonly TimeSpan interval;

    private TimerSchedule(CrontabSchedule? expression, TimeSpan interval)
    {
        this.expression = expression;
        this.interval = interval;
    }

    /// <summary>The first occurrence after this instant.</summary>
    public DateTimeOffset After(DateTimeOffset instant)
    {
        if (expression is null) return interval < Never - instant ? instant + interval : Never;
        return new DateTimeOffset(expression.GetNextOccurrence(instant.UtcDateTime), TimeSpan.Zero);
    }

    /// <summary>Parses a function's schedule and replaces each <c>%Name%</c> by that setting.</summary>
    /// <exception cref="FunctionStartException">A setting is missing, or the schedule is invalid.</exception>
    public static TimerSchedule Parse(string function, string schedule, IConfiguration settings)
    {
        var text = Resolve(function, schedule, settings);
        var described = text == schedule ? $"its schedule '{schedule}'" : $"its schedule '{schedule}', set to '{text}',";
        try
        {
            return Parse(text) ?? throw new FunctionStartException($"Function '{function}': {described} never occurs.");
        }
        catch (CrontabException fault)
        {
            throw new FunctionStartException($"Function '{function}': {described} is not an NCRONTAB expression: {fault.Message}", fault);
        }
    }

    private static TimerSchedule? Parse(string text)
    {
        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval))
            return interval > TimeSpan.Zero ? new TimerSchedule(null, interval) : null;

        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        var expression = CrontabSchedule.Parse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = fields != 5 });
        return expression.GetNextOccurrence(DateTime.UnixEpoch) == DateTime.MaxValue
            ? null
            : new TimerSchedule(expression, TimeSpan.Zero);
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
