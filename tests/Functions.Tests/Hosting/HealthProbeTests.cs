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
    public async Task It_reads_the_addresses_where_the_server_reads_them()
    {
        const string Nobody = "http://127.0.0.1:1";
        var (process, api) = await GatehouseProcess.ServeAsync(folder.Path, ("Urls", "http://127.0.0.1:0"));
        using (process)
        using (api)
        {
            var here = $"http://+:{api.Address.Port}/";
            Assert.Equal(0, await ProbeAsync(Nobody, "--health", "--Urls", here));
            Assert.Equal(0, await ProbeAsync(Nobody, $"--urls={here}", "--health"));
            Assert.Equal(0, await ProbeAsync(Nobody, "--health", "--Urls", Nobody, $"Urls={here}"));
            Assert.Equal(0, await ProbeAsync(here, "--health", "--Storage:Path", "other"));
            Assert.Equal(0, await ProbeAsync(" ", ("ASPNETCORE_URLS", here), "--health"));
            Assert.Equal(0, await ProbeAsync($"{Nobody}; http://[::]:{api.Address.Port}", "--health"));
            Assert.Equal(0, await ProbeAsync(here, ("http_proxy", Nobody), "--health"));

            Assert.Equal(1, await ProbeAsync(here, "--health", "--Urls", Nobody));
            Assert.Equal(1, await ProbeAsync(here, "--health", "--Urls", here, "--Urls", Nobody));
            Assert.Equal(1, await ProbeAsync(here.Replace("http:", "https:", StringComparison.Ordinal), "--health"));
            Assert.Equal(1, await ProbeAsync(here, "--health", "--Url", here));
            Assert.Equal(1, await ProbeAsync(here, "--health", "--Urls"));
        }
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData(";")]
    [InlineData("http://")]
    [InlineData("http://127.0.0.1:99999")]
    public async Task An_invalid_address_is_unhealthy(string urls) => Assert.Equal(1, await ProbeAsync(urls));

    private static Task<int> ProbeAsync(string urls, params string[] args) => ProbeAsync(urls, ("Unused", ""), args.Length == 0 ? ["--health"] : args);

    private static async Task<int> ProbeAsync(string urls, (string Name, string Value) variable, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gatehouse.Server.dll"), .. args])
        {
            RedirectStandardError = true,
        };
        start.Environment["Urls"] = urls;
        start.Environment[variable.Name] = variable.Value;
        using var probe = Process.Start(start)!;
        var errors = await probe.StandardError.ReadToEndAsync();
        await probe.WaitForExitAsync();
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        return probe.ExitCode;
    }
}
