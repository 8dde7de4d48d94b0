namespace Microsoft.Azure.Functions.Worker;

/// <summary>What a timer's run is told of its schedule.</summary>
public class TimerInfo
{
    /// <summary>The schedule as it stood before this run; null where it is not monitored.</summary>
    public ScheduleStatus? ScheduleStatus { get; set; }

    /// <summary>Whether this run makes up for one that was missed while the app was down.</summary>
    public bool IsPastDue { get; set; }
}
