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

    [Fact]
    public async Task The_printed_variables_work_when_the_line_is_pasted_into_a_shell()
    {
        using var process = GatehouseProcess.Start(("Storage__Path", folder["data"]));
        var address = await process.AddressAsync();
        var greeting = await GreetingAsync(process);

        var answers = await ShellAsync(
            ExportOf(greeting),
            "echo $GATEHOUSE",
            """curl -s -u "$ORG" "$GATEHOUSE/v3/applications"; echo""",
            """curl -s -H "X-Gatehouse-Key: $KEY" "$GATEHOUSE/ops/v1/applications" """);

        Assert.Equal(address.ToString().TrimEnd('/'), answers[0]);
        Assert.Contains("\"applications\":[]", answers[1], StringComparison.Ordinal);
        Assert.Contains("\"applications\":[]", answers[2], StringComparison.Ordinal);
        Assert.DoesNotContain("set as well", greeting, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KEY= ORG=", "KEY (an X-Gatehouse-Key) and ORG (user:password)", "Ops__LocalKey", "Organization__User", "Organization__Password")]
    [InlineData("KEY= ORG=organization:", "KEY (an X-Gatehouse-Key)", "Ops__LocalKey")]
    public async Task Configured_credentials_are_no_printed_variables(string set, string named, params string[] configured)
    {
        using var process = GatehouseProcess.Start(
            [("Storage__Path", folder["data"]), .. configured.Select(name => (name, "something configured"))]);
        await process.AddressAsync();
        var greeting = await GreetingAsync(process);

        Assert.Contains($"set as well   {named}, as configured", greeting, StringComparison.Ordinal);
        Assert.DoesNotContain("something configured\n", greeting, StringComparison.Ordinal);
        Assert.StartsWith(set, Assert.Single(await ShellAsync(ExportOf(greeting), """echo "KEY=$KEY ORG=$ORG" """)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_only_Entra_s_tokens_are_taken_no_key_is_named()
    {
        using var process = GatehouseProcess.Start(
            ("Storage__Path", folder["data"]), ("Entra__TenantId", "d5f4e2a1-0b3c-4d5e-8f60-718293a4b5c6"), ("Entra__Audiences__0", "api://gatehouse"));
        await process.AddressAsync();
        var greeting = await GreetingAsync(process);

        Assert.Contains("  ops           Authorization: Bearer, ", greeting, StringComparison.Ordinal);
        Assert.DoesNotContain("Gatehouse-Key", greeting, StringComparison.Ordinal);
        Assert.DoesNotContain("KEY", greeting, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the generated X-Gatehouse-Key is off since Ops__LocalKey is set.", "Ops__LocalKey", "the key of the operator")]
    [InlineData(
        "the generated X-Gatehouse-Key is off since Entra__TenantId is set. Ops__LocalKey sets one.",
        "Entra__TenantId", "d5f4e2a1-0b3c-4d5e-8f60-718293a4b5c6", "Entra__Audiences__0", "api://gatehouse")]
    [InlineData(
        "the generated X-Gatehouse-Key is off since Ops__Callers is set. Ops__LocalKey sets one.",
        "Ops__Callers__0__Name", "first", "Ops__Callers__0__KeySha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "Ops__Callers__0__Roles__0", "Tokens.Issue")]
    public async Task The_banner_says_that_the_generated_key_is_off(string said, params string[] settings)
    {
        (string, string)[] callers = [.. settings.Chunk(2).Select(pair => (pair[0], pair[1]))];
        using (var fresh = GatehouseProcess.Start([("Storage__Path", folder["fresh"]), .. callers]))
        {
            await fresh.AddressAsync();
            Assert.DoesNotContain("generated X-Gatehouse-Key", await GreetingAsync(fresh), StringComparison.Ordinal);
        }
        using (var before = GatehouseProcess.Start(("Storage__Path", folder["data"])))
        {
            await before.AddressAsync();
            Assert.DoesNotContain("is off", await GreetingAsync(before), StringComparison.Ordinal);
            await before.KillAsync();
        }
        using var process = GatehouseProcess.Start([("Storage__Path", folder["data"]), .. callers]);
        await process.AddressAsync();
        Assert.Contains(said, await GreetingAsync(process), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_generated_key_that_is_configured_as_well_is_not_called_off()
    {
        string key;
        using (var before = GatehouseProcess.Start(("Storage__Path", folder["data"])))
        {
            await before.AddressAsync();
            key = Assert.Single(await ShellAsync(ExportOf(await GreetingAsync(before)), "echo \"$KEY\""));
            await before.KillAsync();
        }
        using var process = GatehouseProcess.Start(("Storage__Path", folder["data"]), ("Ops__LocalKey", key));
        await process.AddressAsync();
        Assert.DoesNotContain("is off", await GreetingAsync(process), StringComparison.Ordinal);
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
    public async Task On_a_full_disk_it_is_alive_and_not_ready()
    {
        using var process = GatehouseProcess.TryStartOnSmallDisk(
            folder.Path, ("Storage__Path", folder["data"]), ("Organization__User", RunningGatehouse.User),
            ("Organization__Password", RunningGatehouse.Password), ("Ops__LocalKey", RunningGatehouse.OpsKey));
        if (process is null) return;
        using var api = new PlatformClient(await process.AddressAsync(), RunningGatehouse.User, RunningGatehouse.Password);
        (await api.GetAsync("/health/ready", Credential.None)).Ok();

        var filler = process.Seen(folder["filler"]);
        Fill(filler);
        await Waiting.UntilAsync(async () => (await api.GetAsync("/health/ready", Credential.None)).Status == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(
            """{"status":"unavailable","checks":{"store":"unavailable","vault":"unavailable"}}""",
            (await api.GetAsync("/health/ready", Credential.None)).Text);
        (await api.GetAsync("/health/live", Credential.None)).Ok();

        File.Delete(filler);
        await Waiting.UntilAsync(async () => (await api.GetAsync("/health/ready", Credential.None)).Status == HttpStatusCode.OK);
        await api.CreateApplicationAsync();
    }

    private static void Fill(string file)
    {
        using var filler = File.Create(file, 1);
        try
        {
            while (true) filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // The disk is full.
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

    private static async Task<string[]> ShellAsync(params string[] lines)
    {
        var start = new ProcessStartInfo("sh", ["-c", string.Join('\n', lines)]) { RedirectStandardOutput = true };
        foreach (var name in (string[])["GATEHOUSE", "KEY", "ORG"]) start.Environment.Remove(name);
        using var shell = Process.Start(start)!;
        return (await shell.StandardOutput.ReadToEndAsync()).TrimEnd('\n').Split('\n');
    }

    // The last line of the banner. The others are printed before it.
    private static string ExportOf(string greeting) =>
        Assert.Single(greeting.Split('\n'), line => line.StartsWith("export ", StringComparison.Ordinal));

    private static Task<string> GreetingAsync(GatehouseProcess process) => process.OutputAsync("first call");

    private static string Password(string greeting) => MadePassword().Match(greeting).Groups[1].Value;

    [GeneratedRegex("X-Gatehouse-Key: ([0-9a-f]{40})")]
    private static partial Regex MadeKey();

    [GeneratedRegex("password ([0-9a-f]{32})")]
    private static partial Regex MadePassword();
}
