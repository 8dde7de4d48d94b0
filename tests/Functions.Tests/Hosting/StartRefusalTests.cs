using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>
/// What stops the start: one line on standard error, and exit code 1. On the server only: under a Functions host the same line is
/// an error in the host's log (<see cref="Published.PublishedWorkerTests"/>).
/// </summary>
public sealed class StartRefusalTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://*:0")]
    [InlineData("http://+:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0")]
    [InlineData("http://localhost.example.com:0")]
    public async Task An_address_others_can_reach_is_refused_without_configured_credentials(string urls) =>
        Assert.Contains(
            "Organization__User and Organization__Password, and Entra__..., Ops__Callers__... or Ops__LocalKey", await RefusalAsync(("Urls", urls)),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("Ops__LocalKey", "Organization__User", "Organization__Password")]
    [InlineData("Organization__User and Organization__Password", "Ops__LocalKey")]
    public async Task Every_credential_must_be_configured_where_others_can_reach_the_server(string missing, params string[] configured) =>
        Assert.Contains(
            missing, await RefusalAsync([("Urls", "http://0.0.0.0:0"), .. configured.Select(name => (name, "something long enough"))]),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_short_password_is_refused_where_others_can_reach_the_server() => Assert.Contains(
        "Organization__Password must have at least 12 characters",
        await RefusalAsync(
            ("Urls", "http://0.0.0.0:0"), ("Ops__LocalKey", "something long enough"), ("Organization__User", "user"), ("Organization__Password", "p")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public async Task The_ports_of_ASP_NET_Core_have_no_effect(string urls)
    {
        using var process = GatehouseProcess.Start(
            ("Storage__Path", folder.Path), ("Urls", urls), ("HTTP_PORTS", "0"), ("HTTPS_PORTS", "0"), ("ASPNETCORE_URLS", "http://127.0.0.1:0"));
        Assert.True((await process.AddressAsync()).IsLoopback);
    }

    [Theory]
    [InlineData("Organization__User and Organization__Password", "Ops__LocalKey")]
    [InlineData("Ops__LocalKey", "Organization__User", "Organization__Password")]
    public async Task In_a_Functions_host_no_credentials_are_created(string missing, params string[] configured) =>
        Assert.Contains(
            missing, await RefusalAsync([GatehouseProcess.UnderFunctionsHost, .. configured.Select(name => (name, "something long enough"))]),
            StringComparison.Ordinal);

    [Fact]
    public async Task An_unresolved_Key_Vault_reference_is_not_accepted_as_a_password() =>
        Assert.Contains(
            "Organization__Password",
            await RefusalAsync(
                GatehouseProcess.UnderFunctionsHost, ("Ops__LocalKey", "something long enough"), ("Organization__User", "user"),
                ("Organization__Password", "@Microsoft.KeyVault(SecretUri=https://name.vault.azure.net/secrets/password)")),
            StringComparison.Ordinal);

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
    [InlineData("RotateSchedule", "0 * * * *")]
    [InlineData("UrgentJobsSchedule", "0 * * * *")]
    [InlineData("BackgroundJobsSchedule", "00:01:00")]
    [InlineData("ArchiveSchedule", "5")]
    [InlineData("ArchiveSchedule", "0 61 1 * * *")]
    [InlineData("RotateSchedule", "*/0 * * * * *")]
    [InlineData("PurgeSchedule", "0 0,30/00 1 * * *")]
    [InlineData("Ops__LocalKey", " the key with spaces around it ")]
    [InlineData("Ops__LocalKey", "the key of a file with a line break\n")]
    [InlineData("AzureMonitor__ConnectionString", "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=nonsense")]
    [InlineData("AzureMonitor__ConnectionString", "InstrumentationKey=00000000-0000-0000-0000-000000000001;;LiveEndpoint=http://127.0.0.1:9")]
    [InlineData("Alerts__WebhookUrl", "http://example.com/alerts")]
    [InlineData("Alerts__Secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("Alerts__WebhokUrl", "misspelt")]
    [InlineData("Logging__LogLevel__Default", "Debg")]
    [InlineData("Logging__Console__LogLevel__Gatehouse", "misspelt")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317")]
    public async Task A_wrong_setting_stops_the_start_with_a_line_that_names_it(string name, string value) =>
        Assert.Contains(name, await RefusalAsync((name, value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "GRPC")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "api-key-of-mine")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret,,")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "api key=secret")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "Content-Type=secret")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=secret%0Ax")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "both")]
    [InlineData("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "0")]
    [InlineData("OTEL_BSP_SCHEDULE_DELAY", "-1")]
    public async Task A_setting_that_OpenTelemetry_cannot_use_stops_the_start_if_telemetry_is_on(string name, string value)
    {
        var line = await RefusalAsync((name, value), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"));

        Assert.Contains($"{name} must be", line, StringComparison.Ordinal);
        Assert.DoesNotContain(value, line.Replace(name, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

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
        // No process listens on a port that was just released.
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
    public async Task In_Azure_a_local_store_or_vault_stops_the_start() => Assert.Contains(
        "Storage__Provider must be AzureTables",
        await RefusalAsync(
            GatehouseProcess.UnderFunctionsHost, ("WEBSITE_INSTANCE_ID", "0123456789abcdef"), ("Organization__User", "user"), ("Organization__Password", "long enough: 12"),
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

        Assert.Matches($"Urls: .*{address}.*set Urls to another address", await RefusalAsync(("Urls", address)));
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

    [Theory]
    [InlineData("http://10.255.255.1:7071")]
    [InlineData(";")]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("http://127.0.0.1:99999")]
    public async Task An_address_that_cannot_be_listened_on_stops_the_start(string urls)
    {
        var line = await RefusalAsync(
            ("Urls", urls), ("Ops__LocalKey", "something long enough"), ("Organization__User", "user"), ("Organization__Password", "something long enough"));

        Assert.StartsWith("error: Gatehouse cannot start: Urls", line, StringComparison.Ordinal);
        if (urls.Contains("10.255", StringComparison.Ordinal)) Assert.Contains(urls, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ops__Callers__0__KeySha256", "the key itself")]
    [InlineData("Ops__Callers__0__KeyExpiresAt", "tomorrow")]
    [InlineData("Ops__Callers__0__PreviousKeySha256", Sha256)]
    [InlineData("Ops__Callers__0__Roles__0", "Tokens.Isue")]
    [InlineData("Ops__Callers__0__Name", "a:b")]
    [InlineData("Ops__Callers__0__Applications__0", "all")]
    [InlineData("Ops__Callers__1__Name", "READER", "Ops__Callers__1__KeySha256", Sha256Of2, "Ops__Callers__1__Roles__0", "Audit.Read")]
    [InlineData("Ops__Callers__1__KeySha256", Sha256, "Ops__Callers__1__Name", "other", "Ops__Callers__1__Roles__0", "Audit.Read")]
    [InlineData("Ops__Callers__0__Name", "Local")]
    [InlineData("Ops__Callers__0__Name", "local", "Ops__LocalKey", "a key of the local caller")]
    [InlineData("Ops__LocalKey", "@Microsoft", "Ops__Callers__0__Name", "reader")]
    public async Task A_wrong_caller_stops_the_start(string name, string value, params string[] others)
    {
        (string, string)[] caller =
            [("Ops__Callers__0__Name", "reader"), ("Ops__Callers__0__KeySha256", Sha256), ("Ops__Callers__0__Roles__0", "Audit.Read")];
        Assert.Contains(name, await RefusalAsync([.. caller, (name, value), .. others.Chunk(2).Select(pair => (pair[0], pair[1]))]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vault.key", "does not hold a key")]
    [InlineData("vault.db", "vault.db")]
    [InlineData("gatehouse.db", "gatehouse.db")]
    public async Task A_damaged_file_in_the_data_folder_stops_the_start(string file, string said)
    {
        await MakeAsync();
        var damaged = Enumerable.Range(0, 5000).Select(index => (byte)(index * 37)).ToArray();
        await File.WriteAllBytesAsync(folder[$"data/{file}"], damaged);

        Assert.Contains(said, await RefusalAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vault.key")]
    [InlineData("gatehouse.db-generation")]
    public async Task A_folder_in_the_place_of_a_file_stops_the_start(string file)
    {
        await MakeAsync();
        File.Delete(folder[$"data/{file}"]);
        Directory.CreateDirectory(folder[$"data/{file}"]);

        Assert.Contains(file, await RefusalAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vault.key", "data/vault.key", "000")]
    [InlineData("data", "data", "500")]
    [InlineData("data", "data", "000")]
    [InlineData("Urls: http://127.0.0.1:80 cannot be listened on", "data", "700", "http://127.0.0.1:80")]
    public async Task What_the_user_may_not_use_stops_the_start(string said, string path, string mode, string urls = "http://127.0.0.1:0")
    {
        if (!OperatingSystem.IsLinux() || (urls.EndsWith(":80", StringComparison.Ordinal) && MayListenOn80())) return;
        await MakeAsync();
        // Root may use everything: then the process runs as another user.
        var isRoot = Environment.UserName == "root";
        var script = (isRoot ? "chmod 755 \"$2\" && chown -R 65534:65534 \"$1\" && " : "") + $"chmod {mode} \"$2/{path}\" && exec "
            + (isRoot ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "") + "dotnet \"$3\"";
        var start = new ProcessStartInfo("sh", ["-c", script, "sh", folder["data"], folder.Path, Path.Combine(AppContext.BaseDirectory, "Gatehouse.Server.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove(WorkerHead.ApplicationDirectory);
        start.Environment["Urls"] = urls;
        start.Environment["Storage__Path"] = folder["data"];
        using var process = Process.Start(start)!;
        var (output, errors) = (await process.StandardOutput.ReadToEndAsync(), await process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();

        Assert.Equal((1, ""), (process.ExitCode, output));
        var line = Assert.Single(errors.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("error: Gatehouse cannot start: ", line, StringComparison.Ordinal);
        Assert.Contains(said, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Logging__LogLevel__Default", "Trace")]
    [InlineData("Logging__Console__LogLevel__Default", "Debug")]
    [InlineData("Logging__LogLevel__Microsoft", "Debug")]
    public async Task No_level_of_logs_adds_a_stack_to_a_start_fault(string name, string level)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var process = GatehouseProcess.Start(
            ("Storage__Path", folder["data"]), (name, level), ("Urls", $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        Assert.Equal(1, await process.ExitAsync());

        Assert.StartsWith("error: Gatehouse cannot start: ", Assert.Single(process.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain(process.Output, line => line.Contains("   at ", StringComparison.Ordinal) || line.Contains("Exception", StringComparison.Ordinal));
    }

    private const string Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Sha256Of2 = "8f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static bool MayListenOn80() =>
        File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start").Trim() is var first && int.Parse(first, CultureInfo.InvariantCulture) <= 80;

    // A data folder as a first start leaves it.
    private async Task MakeAsync()
    {
        var (process, api) = await GatehouseProcess.ServeAsync(folder["data"]);
        using (process)
        using (api)
        {
            process.Signal("TERM");
            await process.ExitAsync();
        }
    }

    private async Task<string> RefusalAsync(params (string Name, string Value)[] settings)
    {
        using var process = GatehouseProcess.Start([("Storage__Path", folder["data"]), .. settings]);
        Assert.Equal(1, await process.ExitAsync());
        Assert.Empty(process.Output);
        var line = Assert.Single(process.Errors);
        Assert.StartsWith("error: Gatehouse cannot start: ", line, StringComparison.Ordinal);
        return line;
    }
}
