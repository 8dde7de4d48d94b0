using System.Text.Json;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Timers;
using Gatehouse.Server;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>host.json, the Functions host's settings, as it is copied next to the program.</summary>
public sealed class HostJsonTests
{
    private static readonly string File = Path.Combine(Path.GetDirectoryName(typeof(GatehouseSettings).Assembly.Location)!, "host.json");
    private static readonly JsonElement Host = JsonElement.Parse(System.IO.File.ReadAllText(File));

    [Fact]
    public void It_has_no_bundle_no_route_prefix_and_OpenTelemetry()
    {
        Assert.False(Host.TryGetProperty("extensionBundle", out _));
        Assert.Equal("", HostJson.ReadRoutePrefix(File));
        Assert.Equal("OpenTelemetry", Host.GetProperty("telemetryMode").GetString());
        // The alert no-archive-run reads logs of these categories.
        var levels = Host.GetProperty("logging").GetProperty("logLevel");
        foreach (var category in (string[])["Host.Results", "Function"]) Assert.Equal("Information", levels.GetProperty(category).GetString());
    }

    [Fact]
    public void A_run_of_a_function_has_the_limit_that_the_jobs_know() =>
        Assert.Equal(JobFunctions.HostLimit, TimeSpan.Parse(Host.GetProperty("functionTimeout").GetString()!, null));

    [Fact]
    public void It_neither_queues_nor_refuses_calls()
    {
        var http = Host.GetProperty("extensions").GetProperty("http");
        var limits = http.EnumerateObject().Where(member => member.Name.StartsWith("max", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, limits.Count);
        Assert.All(limits, limit => Assert.Equal(-1, limit.Value.GetInt32()));
    }
}
