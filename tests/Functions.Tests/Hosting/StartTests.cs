using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// The first command of the README as a process: its output, what stops the start, and how it stops. On the server only:
/// <see cref="Published.PublishedWorkerTests"/> starts the Functions app.
/// </summary>
public sealed partial class StartTests : IDisposable
{
    // As a Functions host starts a worker.
    private static readonly (string Name, string Value) FunctionsHost = ("FUNCTIONS_APPLICATION_DIRECTORY", "/home/site/wwwroot");

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

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    [InlineData("http://localhost.example.com:0")]
    public async Task An_address_others_can_reach_is_refused_without_configured_credentials(string urls) =>
        Assert.Contains("Organization__User and Organization__Password", await RefusalAsync(("Urls", urls)), StringComparison.Ordinal);

    [Fact]
    public async Task An_address_others_can_reach_is_served_with_configured_credentials()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"], ("Urls", "http://0.0.0.0:0"));
        using (process) api.Dispose();
    }

    [Theory]
    [InlineData("Organization__User and Organization__Password", "Ops__LocalKey")]
    [InlineData("Ops__LocalKey", "Organization__User", "Organization__Password")]
    public async Task In_a_Functions_host_no_credentials_are_created(string missing, params string[] configured) =>
        Assert.Contains(
            missing, await RefusalAsync([FunctionsHost, .. configured.Select(name => (name, "something long enough"))]),
            StringComparison.Ordinal);

    [Fact]
    public async Task An_unresolved_Key_Vault_reference_is_not_accepted_as_a_password() =>
        Assert.Contains(
            "Organization__Password",
            await RefusalAsync(
                FunctionsHost, ("Ops__LocalKey", "something long enough"), ("Organization__User", "user"),
                ("Organization__Password", "@Microsoft.KeyVault(SecretUri=https://name.vault.azure.net/secrets/password)")),
            StringComparison.Ordinal);

    [Fact]
    public async Task In_a_Functions_host_nothing_is_printed()
    {
        const string Lifetime = "Logging__LogLevel__Microsoft.Hosting.Lifetime";
        using var process = GatehouseProcess.Start(
            FunctionsHost, ("Storage__Path", folder["data"]), (Lifetime, "Information"),
            ("Organization__User", RunningGatehouse.User), ("Organization__Password", RunningGatehouse.Password),
            ("Ops__LocalKey", RunningGatehouse.OpsKey));

        Assert.DoesNotContain("Gatehouse is at", await process.OutputAsync("Application started"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Urls", "7071")]
    [InlineData("Urls", "ftp://127.0.0.1:0")]
    [InlineData("Organization__User", "alone")]
    [InlineData("Organization__Password", "alone")]
    [InlineData("Organization__Pasword", "misspelt")]
    [InlineData("Storage__Pth", "misspelt")]
    [InlineData("Ops__LocalKy", "misspelt")]
    [InlineData("Ops__LocalKey", "15 characters..")]
    [InlineData("Ops__Callers__0__Nme", "misspelt")]
    [InlineData("Entra__TenantId", "common")]
    [InlineData("Entra__Confined__0__Ids", "misspelt")]
    [InlineData("KeyVault__Uri", "http://name.vault.azure.net")]
    [InlineData("Storage__Provider", "Cosmos")]
    [InlineData("Storage__Provider", "AzureTables")]
    [InlineData("Storage__ConnectionString", "UseDevelopmentStorage=true")]
    [InlineData("Storage__TableEndpoint", "https://name.table.core.windows.net")]
    [InlineData("PurgeSchedule", "daily")]
    [InlineData("Alerts__WebhookUrl", "http://example.com/alerts")]
    [InlineData("Alerts__Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("Alerts__WebhokUrl", "misspelt")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    public async Task A_wrong_setting_stops_the_start_with_a_line_that_names_it(string name, string value) =>
        Assert.Contains(name, await RefusalAsync((name, value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Ops__Callers__1__Name", "second-without-a-first", "Ops__Callers__0 must be set")]
    [InlineData("Ops__Callers__0__Roles__0", "Tokens.Issue", "Ops__Callers__0__Name must be set")]
    [InlineData("Entra__Audiences__0", "api://gatehouse", "Entra__TenantId must be")]
    [InlineData("Alerts__WebhookUrl", "https://example.com/alerts", "Alerts__Secret must be whsec_")]
    public async Task A_setting_without_the_settings_that_it_needs_stops_the_start(string name, string value, string said) =>
        Assert.Contains(said, await RefusalAsync((name, value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Storage__TableEndpoint", "http://127.0.0.1:10002")]
    [InlineData("Storage__TableEndpoint", "https://name.table.core.windows.net/Table")]
    [InlineData("Storage__ConnectionString", "AccountName=name")]
    [InlineData("Storage__ConnectionString", "AccountName=name;AccountKey=secret;EndpointSuffix=core.windows.net")]
    [InlineData("Storage__ConnectionString", "DefaultEndpointsProtocol=http;AccountName=name;AccountKey=AAAA;EndpointSuffix=core.windows.net")]
    public async Task A_wrong_account_stops_the_start_without_being_repeated(string name, string value)
    {
        var line = await RefusalAsync(("Storage__Provider", "AzureTables"), (name, value));

        Assert.Contains($"{name} must", line, StringComparison.Ordinal);
        Assert.DoesNotContain(value, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_kinds_of_credentials_for_one_account_stop_the_start() => Assert.Contains("must not both be set", await RefusalAsync(
        ("Storage__Provider", "AzureTables"), ("Storage__ConnectionString", "UseDevelopmentStorage=true"),
        ("Storage__TableEndpoint", "https://name.table.core.windows.net")), StringComparison.Ordinal);

    [Fact]
    public async Task An_account_that_cannot_be_reached_stops_the_start()
    {
        // Nobody listens on a port that was just given back.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/name";
        listener.Stop();

        var line = await RefusalAsync(
            ("Storage__Provider", "AzureTables"), ("Storage__ConnectionString", $"AccountName=name;AccountKey=c2VjcmV0;TableEndpoint={address}"));

        Assert.Contains($"{address} cannot be reached", line, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", line, StringComparison.Ordinal);
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
    public async Task In_Azure_a_local_store_or_vault_stops_the_start() => Assert.Contains(
        "Storage__Provider must be AzureTables",
        await RefusalAsync(
            FunctionsHost, ("WEBSITE_INSTANCE_ID", "0123456789abcdef"), ("Organization__User", "user"), ("Organization__Password", "password"),
            ("Ops__LocalKey", "the key of the local caller")),
        StringComparison.Ordinal);

    [Fact]
    public async Task A_data_folder_that_cannot_be_created_stops_the_start()
    {
        await File.WriteAllTextAsync(folder["file"], "");

        Assert.Contains(folder["file/data"], await RefusalAsync(("Storage__Path", folder["file/data"])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

        Assert.Contains(address, await RefusalAsync(("Urls", address)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vault_without_its_key_stops_the_start()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api) await process.KillAsync();
        File.Delete(folder["data/vault.key"]);

        Assert.Contains("vault.key", await RefusalAsync(), StringComparison.Ordinal);
        Assert.False(File.Exists(folder["data/vault.key"]));
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

    private async Task<string> RefusalAsync(params (string Name, string Value)[] settings)
    {
        using var process = GatehouseProcess.Start([("Storage__Path", folder["data"]), .. settings]);
        Assert.Equal(1, await process.ExitAsync());
        return Assert.Single(process.Errors);
    }

    // Its last line: the others have been printed by then.
    private static Task<string> GreetingAsync(GatehouseProcess process) => process.OutputAsync("first call");

    private static string Password(string greeting) => MadePassword().Match(greeting).Groups[1].Value;

    [GeneratedRegex("X-Gatehouse-Key: ([0-9a-f]{40})")]
    private static partial Regex MadeKey();

    [GeneratedRegex("password ([0-9a-f]{32})")]
    private static partial Regex MadePassword();
}
