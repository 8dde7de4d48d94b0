using System.Reflection;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Timers;
using Gatehouse.Platform.Hosted;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>The settings and the scale that a deployment gives the app.</summary>
[Collection(nameof(Deployments))]
public sealed partial class DeploymentSettingsTests(Deployments deployments)
{
    // Settings that Bicep does not set, and why.
    private static readonly Dictionary<string, string> NotForAzure = new()
    {
        ["Storage__AcceptPair"] = "An operator sets it for one start.",
        ["Storage__Path"] = "There is no data folder: Azure stores tables and secrets.",
        ["Storage__ConnectionString"] = "Access by key is disabled: the identity is used, with Storage__TableEndpoint.",
        ["Ops__LocalKey"] = "Callers use Entra ID.",
        ["Ops__Callers__N__Name"] = "As Ops__LocalKey.",
        ["Ops__Callers__N__KeySha256"] = "As Ops__LocalKey.",
        ["Ops__Callers__N__KeyExpiresAt"] = "As Ops__LocalKey.",
        ["Ops__Callers__N__PreviousKeySha256"] = "As Ops__LocalKey.",
        ["Ops__Callers__N__PreviousKeyExpiresAt"] = "As Ops__LocalKey.",
        ["Ops__Callers__N__Roles__M"] = "As Ops__LocalKey.",
        ["Ops__Callers__N__Applications__M"] = "As Ops__LocalKey.",
        ["Entra__Authority"] = "The public cloud's is the default. Others: furtherSettings.",
        ["Entra__Confined__N__Id"] = "Each operator decides which clients are confined: furtherSettings.",
        ["Entra__Confined__N__Applications__M"] = "As Entra__Confined__N__Id.",
        ["Platform__ApplicationUrl"] = "The service's is the default. Others: furtherSettings.",
        ["Platform__OrganizationUrl"] = "As Platform__ApplicationUrl.",
        ["Platform__Region"] = "As Platform__ApplicationUrl.",
        ["Platform__RegionKey"] = "The platform decides. Others: furtherSettings.",
        ["Platform__CallSeconds"] = "The default applies. Others: furtherSettings.",
        ["Platform__TrySeconds"] = "The default applies. Others: furtherSettings.",
        ["Platform__Concurrency"] = "The default applies. Others: furtherSettings.",
        ["Telemetry__Prometheus"] = "For the server.",
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "The Functions host would read it too, and send the paths of requests.",
    };

    // Settings that Azure's own components, or OpenTelemetry, read.
    private static readonly string[] NotOurs =
    [
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId", "AZURE_CLIENT_ID",
        "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_HEADERS",
    ];

    private static IEnumerable<(string Function, string Schedule)> Timers =>
        from method in typeof(RotateTokens).Assembly.GetTypes().SelectMany(type => type.GetMethods())
        where method.GetCustomAttribute<FunctionAttribute>() is not null
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<TimerTriggerAttribute>()
        where trigger is not null
        select (method.GetCustomAttribute<FunctionAttribute>()!.Name, trigger.Schedule);

    [Fact]
    public void The_app_gets_exactly_the_settings_that_the_code_reads_and_Azure_needs()
    {
        var read = GatehouseSettings.Names.ToHashSet();
        var given = (string[])["dev", "prod", "all"];
        var set = given.SelectMany(name => SettingsOf(name).Keys).Select(name => Place().Replace(name, "__N")).Except(NotOurs).ToHashSet();
        Assert.Equal("", Text("read by the code and not set", read.Except(set).Except(NotForAzure.Keys)));
        Assert.Equal("", Text("set and not read by the code", set.Except(read)));
        Assert.Equal("", Text("set although it is listed as not for Azure", set.Intersect(NotForAzure.Keys)));
        Assert.Equal("", Text("listed as not for Azure and not read by the code", NotForAzure.Keys.Except(read)));
    }

    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void Every_timer_and_every_job_has_its_default_schedule(string deployment)
    {
        var set = SettingsOf(deployment);
        Assert.NotEmpty(Timers);
        Assert.Equal(GatehouseSettings.HostSchedules.Order(), Timers.Select(timer => timer.Schedule.Trim('%')).Order());
        Assert.All(GatehouseSettings.Schedules, schedule => Assert.Equal(schedule.Value, set[schedule.Key]));
    }

    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void The_Functions_host_sends_no_records_of_requests(string deployment) =>
        Assert.DoesNotContain(
            SettingsOf(deployment).Keys,
            name => name.StartsWith("APPLICATIONINSIGHTS", StringComparison.Ordinal) || name == TelemetrySettings.Endpoint);

    [Theory]
    [InlineData("dev", 0)]
    [InlineData("prod", 1)]
    [InlineData("all", 2)]
    public void An_instance_gets_as_many_calls_as_it_sends_to_the_platform(string deployment, int ready)
    {
        var scale = Deployments.At(Assert.Single(deployments.Of(deployment, "Microsoft.Web/sites")), "properties.functionAppConfig.scaleAndConcurrency");
        Assert.Equal(HostedSettings.DefaultConcurrency, Deployments.At(scale, "triggers.http.perInstanceConcurrency").GetInt32());
        // Some regions refuse a smaller number.
        Assert.InRange(Deployments.At(scale, "maximumInstanceCount").GetInt32(), 40, 1000);
        Assert.Equal(ready, Deployments.At(scale, "alwaysReady").EnumerateArray().Sum(one => one.GetProperty("instanceCount").GetInt32()));
    }

    [Fact]
    public void What_is_secret_is_declared_as_secret()
    {
        var parameters = deployments.Template.GetProperty("parameters");
        Assert.Equal("securestring", parameters.GetProperty("alertsWebhookUrl").GetProperty("type").GetString());
        Assert.Equal("securestring", parameters.GetProperty("otlpHeaders").GetProperty("type").GetString());
        Assert.Equal("secureObject", parameters.GetProperty("furtherSettings").GetProperty("type").GetString());
        var connection = deployments.Template.GetProperty("resources").GetProperty("monitoring").GetProperty("properties").GetProperty("template").GetProperty("outputs").GetProperty("connectionString");
        Assert.Equal("securestring", connection.GetProperty("type").GetString());
    }

    // The settings are the members of objects in one expression: 'Name', value.
    private Dictionary<string, string> SettingsOf(string deployment)
    {
        var settings = Assert.Single(
            deployments.Of(deployment, "Microsoft.Web/sites/config"),
            one => one.GetProperty("name").GetString()!.EndsWith("/appsettings", StringComparison.Ordinal));
        return Setting().Matches(settings.GetProperty("properties").GetString()!)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
    }

    private static string Text(string fault, IEnumerable<string> names) => string.Join('\n', names.Select(name => $"{name}: {fault}"));

    [GeneratedRegex(@"__\d+(?=__|$)")]
    private static partial Regex Place();

    [GeneratedRegex(@"'([A-Za-z]+__\w+|[A-Z]+(?:_[A-Z]+)+|[A-Za-z]+Schedule)', '?([^',]*)")]
    private static partial Regex Setting();
}
