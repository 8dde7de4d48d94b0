using System.Diagnostics;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>The health check of a container: the server's program with <c>--health</c>.</summary>
public sealed class HealthProbeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("*")]
    public async Task It_succeeds_only_while_the_server_runs(string host)
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path);
        using (process)
        using (api)
        {
            var urls = $"http://{host}:{api.Address.Port}";
            Assert.Equal(0, await ProbeAsync(urls));
            await process.KillAsync();
            Assert.Equal(1, await ProbeAsync(urls));
        }
    }

    [Fact]
    public async Task An_invalid_address_is_unhealthy() => Assert.Equal(1, await ProbeAsync("nowhere"));

    private static async Task<int> ProbeAsync(string urls)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gatehouse.Server.dll"), "--health"])
        {
            RedirectStandardError = true,
        };
        start.Environment["Urls"] = urls;
        using var probe = Process.Start(start)!;
        await probe.StandardError.ReadToEndAsync();
        await probe.WaitForExitAsync();
        return probe.ExitCode;
    }
}
