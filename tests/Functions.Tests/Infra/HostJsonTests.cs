using System.Globalization;
using System.Text.Json;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Server;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>What the Functions host is told, in the file that lies beside the program, and what the operations guide says of it.</summary>
public sealed class HostJsonTests
{
    private static readonly string File = Path.Combine(Path.GetDirectoryName(typeof(GatehouseSettings).Assembly.Location)!, "host.json");
    private static readonly JsonElement Host = JsonElement.Parse(System.IO.File.ReadAllText(File));

    [Fact]
    public void It_asks_for_no_bundle_no_prefix_and_OpenTelemetry()
    {
        Assert.False(Host.TryGetProperty("extensionBundle", out _));
        Assert.Equal("", HostJson.ReadRoutePrefix(File));
        Assert.Equal("OpenTelemetry", Host.GetProperty("telemetryMode").GetString());
        // The alert no-archive-run reads what these write.
        var levels = Host.GetProperty("logging").GetProperty("logLevel");
        foreach (var category in (string[])["Host.Results", "Function"]) Assert.Equal("Information", levels.GetProperty(category).GetString());
    }

    [Fact]
    public void The_guide_s_limits_are_its()
    {
        var guide = Repository.Read("docs/operations.md");
        var http = Host.GetProperty("extensions").GetProperty("http");
        var timeout = TimeSpan.Parse(Host.GetProperty("functionTimeout").GetString()!, CultureInfo.InvariantCulture);

        foreach (var name in (string[])["maxConcurrentRequests", "maxOutstandingRequests"])
        {
            Assert.Contains($"`{name}`", guide, StringComparison.Ordinal);
            Assert.Equal(-1, http.GetProperty(name).GetInt32());
        }
        Assert.Contains($"| {timeout.TotalMinutes} minutes (`functionTimeout`)", guide, StringComparison.Ordinal);
    }
}
