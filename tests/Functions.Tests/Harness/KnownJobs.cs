using System.Runtime.CompilerServices;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Timers;
using Gatehouse.Jobs;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The jobs of the product.</summary>
internal static class KnownJobs
{
    /// <summary>All of them, made without a constructor: the name and the schedule need none.</summary>
    public static IReadOnlyList<IJob> All { get; } =
    [
        .. typeof(JobFunctions).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IJob)))
            .Select(type => (IJob)RuntimeHelpers.GetUninitializedObject(type)).OrderBy(job => job.Name, StringComparer.Ordinal),
    ];

    /// <summary>The time between two runs, by the default schedule.</summary>
    public static TimeSpan Period(this IJob job)
    {
        var schedule = Schedule.Parse(GatehouseSettings.Schedules[job.Schedule]!);
        var first = schedule.After(DateTimeOffset.UnixEpoch);
        return schedule.After(first) - first;
    }
}
