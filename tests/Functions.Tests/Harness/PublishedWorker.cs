using Gatehouse.Functions.Startup.Settings;
using Gatehouse.FunctionsHost;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>The package of <c>src/Functions</c> that the build of the tests publishes, under the double of the host.</summary>
internal static class PublishedWorker
{
    /// <summary>The folder of the package.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "worker");

    /// <summary>Starts it with the test's credentials and the default schedules, and waits until it serves.</summary>
    public static Task<HostDouble> StartAsync(string data, params IEnumerable<(string Name, string Value)> settings) =>
        HostDouble.StartAsync(Folder, Settings(data, settings));

    /// <summary>Starts it in a folder with another <c>host.json</c>.</summary>
    public static Task<HostDouble> StartAsync(string data, string folder) => HostDouble.StartAsync(folder, Settings(data, []));

    /// <summary>Starts it without waiting, for a start that fails.</summary>
    public static Task<HostDouble> LaunchAsync(string data, params IEnumerable<(string Name, string Value)> settings) =>
        HostDouble.LaunchAsync(Folder, Settings(data, settings));

    /// <summary>A client of the app.</summary>
    public static PlatformClient Client(this HostDouble host) => new(host.Address, RunningGatehouse.User, RunningGatehouse.Password);

    // An empty value means that the setting is not set.
    private static Dictionary<string, string> Settings(string data, IEnumerable<(string Name, string Value)> settings)
    {
        var all = new Dictionary<string, string>
        {
            ["Storage__Path"] = data,
            ["Organization__User"] = RunningGatehouse.User,
            ["Organization__Password"] = RunningGatehouse.Password,
            ["Ops__LocalKey"] = RunningGatehouse.OpsKey,
        };
        foreach (var (name, schedule) in GatehouseSettings.Schedules) all[name] = schedule!;
        foreach (var (name, value) in settings)
        {
            if (value.Length > 0) all[name] = value;
            else all.Remove(name);
        }
        return all;
    }
}
