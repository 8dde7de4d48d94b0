namespace Microsoft.Azure.Functions.Worker;

/// <summary>Where a timer stands in its schedule. All times are UTC.</summary>
public class ScheduleStatus
{
    /// <summary>When the last scheduled run began; the default value before the first.</summary>
    public DateTime Last { get; set; }

    /// <summary>The next occurrence, seen from <see cref="Last"/>: during a scheduled run, the one that it runs for.</summary>
    public DateTime Next { get; set; }

    /// <summary>When this status was made; the default value before the first run.</summary>
    public DateTime LastUpdated { get; set; }
}
