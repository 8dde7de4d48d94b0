using System.Globalization;
using NCrontab;

namespace Gatehouse.Jobs;

/// <summary>When something is due, in UTC: an NCRONTAB expression, with or without seconds, or an interval.</summary>
public sealed class Schedule
{
    private static readonly DateTimeOffset Never = DateTimeOffset.MaxValue;

    private readonly CrontabSchedule? expression;
    private readonly TimeSpan interval;

    private Schedule(string text, CrontabSchedule? expression, TimeSpan interval, bool isEveryMinute)
    {
        Text = text;
        this.expression = expression;
        this.interval = interval;
        IsEveryMinute = isEveryMinute;
    }

    /// <summary>The expression, as it was written.</summary>
    public string Text { get; }

    /// <summary>Whether it occurs every minute of every day, or more often.</summary>
    public bool IsEveryMinute { get; }

    /// <summary>The first occurrence after this instant.</summary>
    public DateTimeOffset After(DateTimeOffset instant)
    {
        if (expression is null) return interval < Never - instant ? instant + interval : Never;
        return new DateTimeOffset(expression.GetNextOccurrence(instant.UtcDateTime), TimeSpan.Zero);
    }

    /// <summary>Reads a schedule.</summary>
    /// <exception cref="FormatException">It is not a schedule, or it never occurs. The message continues "the schedule ...".</exception>
    public static Schedule Parse(string text)
    {
        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval))
            return interval > TimeSpan.Zero ? new Schedule(text, null, interval, interval <= TimeSpan.FromMinutes(1)) : throw new FormatException("never occurs");

        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // NCrontab takes it as a step of 1.
        if (fields.SelectMany(field => field.Split(',')).Any(part => part.Split('/') is [_, var step] && step.Length > 0 && step.All(digit => digit == '0')))
            throw new FormatException("has a step of 0");
        try
        {
            var expression = CrontabSchedule.Parse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = fields.Length != 5 });
            return expression.GetNextOccurrence(DateTime.UnixEpoch) == DateTime.MaxValue
                ? throw new FormatException("never occurs")
                : new Schedule(text, expression, TimeSpan.Zero, fields[^5..].All(field => field == "*"));
        }
        catch (CrontabException fault)
        {
            throw new FormatException($"is not an NCRONTAB expression: {fault.Message}", fault);
        }
    }
}
