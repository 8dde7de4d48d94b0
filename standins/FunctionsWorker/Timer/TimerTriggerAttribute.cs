using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Makes the function run on a schedule; stands on its <see cref="TimerInfo"/> parameter.</summary>
/// <param name="schedule">An NCRONTAB expression in UTC (six fields with seconds, or five without), an interval such as
/// <c>00:30:00</c>, or either in a setting: <c>%Name%</c>.</param>
public sealed class TimerTriggerAttribute(string schedule) : TriggerBindingAttribute
{
    /// <summary>The schedule as it was given, settings unresolved.</summary>
    public string Schedule { get; private set; } = schedule;

    /// <summary>Whether <see cref="TimerInfo.ScheduleStatus"/> is kept; never for more than one run a minute.</summary>
    public bool UseMonitor { get; set; } = true;

    /// <summary>Whether the function also runs once when the app has started.</summary>
    public bool RunOnStartup { get; set; }
}
