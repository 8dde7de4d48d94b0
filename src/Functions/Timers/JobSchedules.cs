using Gatehouse.Common;

namespace Gatehouse.Functions.Timers;

/// <summary>When each job is due, by the name of the setting.</summary>
/// <param name="Times">The schedules.</param>
public sealed record JobSchedules(IReadOnlyDictionary<string, Schedule> Times);
