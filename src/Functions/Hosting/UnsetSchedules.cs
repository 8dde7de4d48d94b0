using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Hosting;

/// <summary>
/// The schedules that are not set where they must be. A Functions host reads a schedule from the app's settings alone and
/// disables its timer where it is not set; every other start has the defaults.
/// </summary>
/// <param name="Names">The names of the settings.</param>
public sealed record UnsetSchedules(IReadOnlyList<string> Names)
{
    /// <summary>Finds them in the settings, before the defaults are added.</summary>
    internal static UnsetSchedules In(IConfiguration configuration) => new(
        Settings.IsUnderHost(configuration) ? [.. Settings.Schedules.Keys.Where(name => configuration[name] is null)] : []);
}
