using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// The first command of the README as a process: its output, its data folder and how it stops. On the server only:
/// <see cref="Published.PublishedWorkerTests"/> starts the Functions app.
/// </summary>
public sealed partial class StartTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_first_start_creates_credentials_that_later_starts_use()
    {
        string made;
        using (var first = GatehouseProcess.Start(("Storage__Path", folder["data"])))
        {
            var address = await first.AddressAsync();
            made = Password(await GreetingAsync(first));
            Assert.Contains(first.Output, line => line.EndsWith(folder["data"], StringComparison.Ordinal));
            using var api = new PlatformClient(address, "organization", made);
            await api.CreateApplicationAsync();
            await first.KillAsync();
        }
        using var second = GatehouseProcess.Start(("Storage__Path", folder["data"]));
        using var again = new PlatformClient(await second.AddressAsync(), "organization", made);
        Assert.Equal(1, (await again.GetAsync("/v3/applications", again.Organization)).Ok().GetProperty("applications").GetArrayLength());
        Assert.Equal(made, Password(await GreetingAsync(second)));
    }

    [Fact]
    public async Task The_printed_first_call_works_unchanged()
    {
        using var process = GatehouseProcess.Start(("Storage__Path", folder["data"]));
        var address = await process.AddressAsync();
        var curl = (await GreetingAsync(process)).Split("first call").Last().Trim();

        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", curl]) { RedirectStandardOutput = true })!;
        var answer = await shell.StandardOutput.ReadToEndAsync();

        Assert.Contains("\"api_token\":", answer, StringComparison.Ordinal);
        Assert.Contains(address.Authority, curl, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_start_creates_an_ops_key_that_later_starts_use_and_no_file_contains_it()
    {
        string? made = null;
        for (var start = 0; start < 2; start++)
        {
            using var process = GatehouseProcess.Start(("Storage__Path", folder["data"]));
            var address = await process.AddressAsync();
            var greeting = await GreetingAsync(process);
            var key = MadeKey().Match(greeting).Groups[1].Value;
            Assert.Equal(made ?? key, key);
            made = key;

            using var api = new PlatformClient(address, "organization", Password(greeting));
            var application = await api.CreateApplicationAsync();
            var path = $"/ops/v1/applications/{application.Id}/limits";
            (await api.GetAsync(path, new Credential("X-Gatehouse-Key", key))).Ok();
            (await api.GetAsync(path, Credential.Ops)).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            await process.KillAsync();
        }
        foreach (var file in Directory.GetFiles(folder["data"]))
            Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(Encoding.ASCII.GetBytes(made!)) < 0, file);
    }

    [Fact]
    public async Task A_configured_password_or_key_is_not_printed()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api)
        {
            await api.CreateApplicationAsync();
            foreach (var secret in (string[])[RunningGatehouse.Password, RunningGatehouse.OpsKey])
                Assert.DoesNotContain(process.Output.Concat(process.Errors), line => line.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_stops_it_cleanly_within_5_seconds(string signal)
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api)
        {
            await api.CreateApplicationAsync();
            var watch = Stopwatch.StartNew();
            process.Signal(signal);

            Assert.Equal(0, await process.ExitAsync());
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"It took {watch.Elapsed}.");
            Assert.Empty(process.Errors);
        }
    }

    [Fact]
    public async Task An_address_others_can_reach_is_served_with_configured_credentials()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"], ("Urls", "http://0.0.0.0:0"));
        using (process) api.Dispose();
    }

    [Fact]
    public async Task In_a_Functions_host_nothing_is_printed()
    {
        const string Lifetime = "Logging__LogLevel__Microsoft.Hosting.Lifetime";
        using var process = GatehouseProcess.Start(
            GatehouseProcess.UnderFunctionsHost, ("Storage__Path", folder["data"]), (Lifetime, "Information"),
            ("Organization__User", RunningGatehouse.User), ("Organization__Password", RunningGatehouse.Password),
            ("Ops__LocalKey", RunningGatehouse.OpsKey));

        Assert.DoesNotContain("Gatehouse is at", await process.OutputAsync("Application started"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_is_greeted_without_its_key_and_leaves_only_the_vault_in_the_folder()
    {
        var account = await TestStore.Azurite.SettingsAsync(folder["data"]);
        using var process = GatehouseProcess.Start([("Storage__Path", folder["data"]), .. account]);
        var greeting = await GreetingAsync(process);

        Assert.Matches(@"tables +http://127\.0\.0\.1:\d+/account\d+\n +data folder +" + folder["data"], greeting);
        Assert.DoesNotContain("AccountKey", greeting, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(folder["data"]), file => Path.GetFileName(file).StartsWith("gatehouse", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Azure_and_OpenTelemetry_are_not_loaded_unless_they_are_configured()
    {
        if (!OperatingSystem.IsLinux()) return;
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api)
        {
            await api.CreateApplicationAsync();
            var loaded = (await File.ReadAllLinesAsync($"/proc/{process.Id}/maps"))
                .Where(line => line.EndsWith(".dll", StringComparison.Ordinal)).Select(line => Path.GetFileName(line)).ToHashSet();

            Assert.Contains("Gatehouse.Core.dll", loaded);
            Assert.DoesNotContain(
                loaded, name => name.StartsWith("Azure.", StringComparison.Ordinal) || name.StartsWith("OpenTelemetry", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Only_the_owner_can_read_the_data_folder()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api)
        {
            if (OperatingSystem.IsWindows()) return;
            await api.CreateApplicationAsync();
            const UnixFileMode Others = (UnixFileMode)0b000_111_111;
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(folder["data"]) & Others);
            foreach (var file in Directory.GetFiles(folder["data"])) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(file) & Others);
        }
    }

    // The last line of the banner. The others are printed before it.
    private static Task<string> GreetingAsync(GatehouseProcess process) => process.OutputAsync("first call");

    private static string Password(string greeting) => MadePassword().Match(greeting).Groups[1].Value;

    [GeneratedRegex("X-Gatehouse-Key: ([0-9a-f]{40})")]
    private static partial Regex MadeKey();

    [GeneratedRegex("password ([0-9a-f]{32})")]
    private static partial Regex MadePassword();
}
