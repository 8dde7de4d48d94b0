namespace Gatehouse.Functions.Service;

/// <summary>
/// The schedules that are missing from the app's settings under a Functions host. The host reads schedules from these settings
/// only and disables timers without one. Without a Functions host, the defaults apply.
/// </summary>
/// <param name="Names">The names of the settings.</param>
public sealed record UnsetSchedules(IReadOnlyList<string> Names);
