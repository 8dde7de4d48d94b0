using System.Collections;
using Gatehouse.Functions.Startup.Settings;
using Microsoft.Extensions.Configuration;

namespace Gatehouse.Functions.Tests.Hosting;

/// <summary>All settings are bound. Values that the binder would accept or ignore by mistake are refused.</summary>
public sealed class SettingsTests
{
    private const string Hosted = "Platform__Mode=Hosted";

    [Fact]
    public void Every_setting_is_bound()
    {
        var names = GatehouseOptions.Names
            .Select(name => string.Join("__", name.Split("__").Select(segment => segment is "N" or "M" ? "0" : segment))).ToList();

        var options = GatehouseOptions.Bind(Configuration([.. names.Select(name => $"{name}={name}")]));

        Assert.Equal(names.Order(), Texts(options).Order());
    }

    [Fact]
    public void Names_are_not_case_sensitive() =>
        Assert.Equal("user", GatehouseSettings.Read(Configuration("ORGANIZATION__USER=user", "organization__password=password")).Organization?.User);

    [Theory]
    [InlineData("PLATFORM=linux/amd64")]
    [InlineData("STORAGE=/mnt/storage")]
    [InlineData("ORGANIZATION=organization:secret")]
    [InlineData("OPS=team")]
    public void A_variable_of_another_program_with_the_name_of_a_section_is_no_setting(string variable) =>
        Assert.Equal(".gatehouse", Path.GetFileName(GatehouseSettings.Read(Configuration(variable)).Storage.Path));

    [Theory]
    [InlineData("Storage__Pth", "Storage__Pth=data")]
    [InlineData("KeyVault__Url", "KeyVault__Url=https://name.vault.azure.net")]
    [InlineData("Organization__User__Name", "Organization__User__Name=user")]
    [InlineData("Organization__User__Name", "Organization__User=user", "Organization__User__Name=user", "Organization__Password=password")]
    [InlineData("Ops__Callers", "Ops__Callers=billing")]
    [InlineData("Ops__Callers__0", "Ops__Callers__0=billing")]
    [InlineData("Ops__Callers__0", "Ops__Callers__0=billing", "Ops__Callers__0__Name=billing")]
    [InlineData("Ops__Callers__0__Nme", "Ops__Callers__0__Nme=billing")]
    [InlineData("Ops__Callers__first__Name", "Ops__Callers__first__Name=billing")]
    [InlineData("Ops__Callers__0__Roles", "Ops__Callers__0__Roles=Usage.Write")]
    [InlineData("Ops__Callers__0__Roles__first", "Ops__Callers__0__Roles__first=Usage.Write")]
    [InlineData("Ops__Callers__0__Roles__0__Name", "Ops__Callers__0__Roles__0__Name=Usage.Write")]
    [InlineData("Entra__Confined__0__Ids", "Entra__Confined__0__Ids=id")]
    public void An_unknown_setting_is_refused(string name, params string[] settings)
    {
        // With the nearest setting, or else with all of its section.
        var section = name.Split("__")[0];
        Assert.Matches($@"^{name} is not a setting(\. Did you mean {section}__\w+\?$|; under {section} there is {section}__)", Refusal(settings));
    }

    [Theory]
    [InlineData("Storage__Pth=data", "Storage__Path")]
    [InlineData("KeyVault__Url=https://name.vault.azure.net", "KeyVault__Uri")]
    [InlineData("Ops__Callers__7__Nme=billing", "Ops__Callers__7__Name")]
    [InlineData("Ops__Callers__2__Roles=Usage.Write", "Ops__Callers__2__Roles__M")]
    public void The_nearest_setting_is_named(string setting, string nearest) =>
        Assert.EndsWith($"Did you mean {nearest}?", Refusal(setting), StringComparison.Ordinal);

    [Theory]
    [InlineData("Ops__Callers__0", "Ops__Callers__1__Name=billing")]
    [InlineData("Ops__Callers__1", "Ops__Callers__0__Name=billing", "Ops__Callers__2__Name=support")]
    [InlineData("Ops__Callers__0", "Ops__Callers__00__Name=billing")]
    [InlineData("Ops__Callers__0__Roles__0", "Ops__Callers__0__Roles__1=Usage.Write")]
    [InlineData("Ops__Callers__1__Applications__1", "Ops__Callers__0__Name=billing", "Ops__Callers__1__Applications__0=one", "Ops__Callers__1__Applications__2=two")]
    [InlineData("Entra__Audiences__0", "Entra__Audiences__1=api://gatehouse")]
    [InlineData("Entra__Confined__0", "Entra__Confined__1__Id=id")]
    [InlineData("Entra__Confined__0__Applications__0", "Entra__Confined__0__Applications__1=one")]
    public void A_gap_in_a_list_is_refused(string missing, params string[] settings) =>
        Assert.Equal($"{missing} must be set, as there is another after it.", Refusal(settings));

    [Theory]
    [InlineData("Storage__Path must be", "Storage__Path=")]
    [InlineData("Storage__Provider must be", "Storage__Provider=")]
    [InlineData("Storage__ConnectionString must be", "Storage__Provider=AzureTables", "Storage__ConnectionString=")]
    [InlineData("Storage__TableEndpoint must be", "Storage__Provider=AzureTables", "Storage__TableEndpoint=")]
    [InlineData("Storage__ConnectionString and Storage__TableEndpoint need", "Storage__TableEndpoint=")]
    [InlineData("Storage__AuditTableEndpoint needs", "Storage__AuditTableEndpoint=https://name.table.core.windows.net")]
    [InlineData("Storage__AuditTableEndpoint must be", "Storage__Provider=AzureTables", "Storage__TableEndpoint=https://name.table.core.windows.net", "Storage__AuditTableEndpoint=http://name")]
    [InlineData("AzureMonitor__ConnectionString must be", "AzureMonitor__ConnectionString=InstrumentationKey=none")]
    [InlineData("AzureMonitor__UseIdentity is for", "AzureMonitor__UseIdentity=true")]
    [InlineData("AzureMonitor__UseIdentity must be", "AzureMonitor__UseIdentity=yes")]
    [InlineData("Telemetry__Prometheus must be", "Telemetry__Prometheus=1")]
    [InlineData("Telemetry__Prometheus is for the server", "Telemetry__Prometheus=true", "FUNCTIONS_APPLICATION_DIRECTORY=/app")]
    [InlineData("Urls must hold addresses", "Urls=http://gate@127.0.0.1:7071")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT must be", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=collector:4318")]
    [InlineData("Organization__User must not be empty", "Organization__User=", "Organization__Password=password")]
    [InlineData("Organization__Password must not be empty", "Organization__User=user", "Organization__Password=")]
    [InlineData("KeyVault__Uri must be", "KeyVault__Uri=")]
    [InlineData("Ops__LocalKey must have", "Ops__LocalKey=")]
    [InlineData("Alerts__WebhookUrl must be", "Alerts__WebhookUrl=")]
    [InlineData("Alerts__Secret must be", "Alerts__WebhookUrl=https://example.com/alerts", "Alerts__Secret=")]
    [InlineData("Alerts__Secret is for Alerts__WebhookUrl", "Alerts__PreviousSecret=")]
    [InlineData("Platform__Mode must be", "Platform__Mode=")]
    [InlineData("Platform__Region is for the hosted platform", "Platform__Region=")]
    [InlineData("Platform__OrganizationDialect must be", Hosted, "Platform__OrganizationDialect=")]
    [InlineData("Platform__ApplicationUrl must be", Hosted, "Platform__ApplicationUrl=")]
    [InlineData("Platform__Region must be", Hosted, "Platform__Region=")]
    [InlineData("Platform__CallSeconds must be", Hosted, "Platform__CallSeconds=")]
    [InlineData("Platform__Concurrency must be", Hosted, "Platform__Concurrency=")]
    public void An_empty_value_is_refused(string said, params string[] settings) =>
        Assert.StartsWith(said, Refusal(settings), StringComparison.Ordinal);

    [Theory]
    [InlineData("Concurrency", "0x10")]
    [InlineData("Concurrency", "+8")]
    [InlineData("Concurrency", " 8 ")]
    [InlineData("Concurrency", "8.0")]
    [InlineData("Concurrency", "1025")]
    [InlineData("CallSeconds", "1e1")]
    [InlineData("CallSeconds", "1,5")]
    [InlineData("CallSeconds", " 5")]
    [InlineData("CallSeconds", "Infinity")]
    [InlineData("TrySeconds", "0.04")]
    [InlineData("TrySeconds", "-1")]
    [InlineData("OrganizationDialect", "1")]
    [InlineData("OrganizationDialect", "Gate,Basic")]
    public void A_number_or_a_word_must_be_exact(string name, string value) =>
        Assert.StartsWith($"Platform__{name} must be ", Refusal(Hosted, $"Platform__{name}={value}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS=api-key=secret of ours,x=1,")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic%20YTpi")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=Delta")]
    [InlineData("OTEL_EXPORTER_OTLP_COMPRESSION=gzip")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL=")]
    public void OpenTelemetry_s_own_settings_are_left_to_it_if_it_can_use_them(string setting) =>
        GatehouseSettings.Read(Configuration(setting, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317"));

    [Fact]
    public void The_settings_of_OTLP_are_not_checked_if_nothing_is_sent_by_it() => GatehouseSettings.Read(Configuration(
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "AzureMonitor__ConnectionString=InstrumentationKey=00000000-0000-0000-0000-000000000001"));

    [Theory]
    [InlineData("1")]
    [InlineData("Embedded,Hosted")]
    public void The_mode_must_be_a_word(string mode) =>
        Assert.Equal("Platform__Mode must be Embedded or Hosted.", Refusal($"Platform__Mode={mode}"));

    [Fact]
    public void The_hosted_platform_s_settings_are_read()
    {
        var platform = GatehouseSettings.Read(Configuration(
            "Platform__Mode=hosted", "Platform__OrganizationDialect=basic", "Platform__Region=us-1", "Platform__RegionKey=key",
            "Platform__CallSeconds=7.5", "Platform__TrySeconds=0.05", "Platform__Concurrency=1024")).Platform;

        Assert.NotNull(platform);
        Assert.Equal("https://us-1.sendbird.com/v3", platform.OrganizationUrl.ToString());
        Assert.Equal("key", platform.RegionKey);
        Assert.Equal((TimeSpan.FromSeconds(7.5), TimeSpan.FromSeconds(0.05)), (platform.Timeouts.Call, platform.Timeouts.Try));
        Assert.Equal(1024, platform.Concurrency);
    }

    [Fact]
    public void Lists_keep_their_order()
    {
        var roles = Enumerable.Range(0, 12).Select(index => $"role {index}").ToList();

        var callers = GatehouseSettings.Read(Configuration(
            [.. roles.Select((role, index) => $"Ops__Callers__0__Roles__{index}={role}"), "Ops__Callers__0__Name=billing"])).Callers;

        Assert.Equal(roles, Assert.Single(callers.Keys).Roles);
    }

    private static string Refusal(params string[] settings)
    {
        var message = Assert.Throws<SettingException>(() => GatehouseSettings.Read(Configuration(settings))).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static IConfiguration Configuration(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => setting.Split('=', 2))
            .Select(setting => KeyValuePair.Create(setting[0].Replace("__", ":", StringComparison.Ordinal), (string?)setting[1])))
        .Build();

    // Every text in the options, including nested options and lists.
    private static IEnumerable<string> Texts(object? value) => value switch
    {
        null => [],
        string text => [text],
        IDictionary items => items.Values.Cast<object?>().SelectMany(Texts),
        _ => value.GetType().GetProperties().Where(property => !property.GetMethod!.IsStatic).SelectMany(property => Texts(property.GetValue(value))),
    };
}
