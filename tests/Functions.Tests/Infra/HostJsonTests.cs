using System.Text.Json;
using Gatehouse.Functions.Hosting;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>What the Functions host is told, in the file that lies beside the program.</summary>
public sealed class HostJsonTests
{
    private static readonly JsonElement Host = JsonElement.Parse(
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(typeof(Settings).Assembly.Location)!, "host.json")));

    [Fact]
    public void Routes_are_as_they_stand_on_the_methods() =>
        Assert.Equal("", Host.GetProperty("extensions").GetProperty("http").GetProperty("routePrefix").GetString());

    [Fact]
    public void There_is_no_bundle_of_extensions_as_the_worker_brings_its_own() => Assert.False(Host.TryGetProperty("extensionBundle", out _));

    [Fact]
    public void Telemetry_is_OpenTelemetry_s_and_requests_are_bounded_in_number_and_time()
    {
        Assert.Equal("OpenTelemetry", Host.GetProperty("telemetryMode").GetString());
        Assert.InRange(TimeSpan.Parse(Host.GetProperty("functionTimeout").GetString()!, null), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1));
        Assert.InRange(Host.GetProperty("extensions").GetProperty("http").GetProperty("maxConcurrentRequests").GetInt32(), 1, 1000);
    }
}
