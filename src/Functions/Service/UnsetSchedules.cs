namespace Gatehouse.Functions.Service;

/// <summary>
/// The schedules that are not set where they must be. A Functions host reads a schedule from the app's settings alone and
/// disables its timer where it is not set; every other start has the defaults.
/// </summary>
/// <param name="Names">The names of the settings.</param>
public sealed record UnsetSchedules(IReadOnlyList<string> Names);
