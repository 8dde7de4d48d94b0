using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Common;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Functions.Timers;
using Gatehouse.Platform.Hosted;
using Gatehouse.Tests;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>What the compiled Bicep files would create: in dev, in prod, and with every parameter used.</summary>
public sealed partial class DeploymentTests(DeploymentTests.Deployments deployments) : IClassFixture<DeploymentTests.Deployments>
{
    private const string Everything = """
        using 'main.bicep'
        param environmentName = 'all'
        param entraClientId = '00000000-0000-0000-0000-000000000001'
        param alertsWebhookUrl = 'https://example.com/alerts'
        param keepPreviousAlertsSecret = true
        param furtherSettings = {}
        param otlpEndpoint = 'https://collector.example.com:4318'
        param otlpHeaders = 'api-key=secret'
        param usePrivateEndpoints = true
        param useWebhookEntrance = true
        param isZoneRedundant = true
        param lockData = true
        """;

    // Settings that Bicep does not set, and why.
    private static readonly Dictionary<string, string> NotForAzure = new()
    {
        ["Storage__AcceptPair"] = "An operator sets it for one start.",
        ["Storage__Path"] = "There is no data folder: Azure stores tables and secrets.",
        ["Storage__ConnectionString"] = "Access by key is disabled: the identity is used, with Storage__TableEndpoint.",
        ["Ops__LocalKey"] = "Callers use Entra ID.",
        ["Ops__Callers__N__Name"] = "As Ops__LocalKey.",
        ["Ops__Callers__N__KeySha256"] = "As Ops__LocalKey.",
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

    public static TheoryData<string> Each => ["dev", "prod", "all"];

    private static IEnumerable<(string Function, string Schedule)> Timers =>
        from method in typeof(RotateTokens).Assembly.GetTypes().SelectMany(type => type.GetMethods())
        where method.GetCustomAttribute<FunctionAttribute>() is not null
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<TimerTriggerAttribute>()
        where trigger is not null
        select (method.GetCustomAttribute<FunctionAttribute>()!.Name, trigger.Schedule);

    // Without a constructor: the name and the schedule need none.
    private static IEnumerable<IJob> Jobs => typeof(IJob).Assembly.GetTypes()
        .Where(type => type.IsClass && type.IsAssignableTo(typeof(IJob))).Select(type => (IJob)RuntimeHelpers.GetUninitializedObject(type));

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
    [MemberData(nameof(Each))]
    public void Every_timer_and_every_job_has_its_default_schedule(string deployment)
    {
        var set = SettingsOf(deployment);
        Assert.NotEmpty(Timers);
        Assert.Equal(GatehouseSettings.HostSchedules.Order(), Timers.Select(timer => timer.Schedule.Trim('%')).Order());
        Assert.All(GatehouseSettings.Schedules, schedule => Assert.Equal(schedule.Value, set[schedule.Key]));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void The_Functions_host_sends_no_records_of_requests(string deployment) =>
        Assert.DoesNotContain(
            SettingsOf(deployment).Keys,
            name => name.StartsWith("APPLICATIONINSIGHTS", StringComparison.Ordinal) || name == TelemetrySettings.Endpoint);

    [Theory]
    [MemberData(nameof(Each))]
    public void Storage_accounts_take_no_key_no_old_TLS_and_show_no_blob(string deployment)
    {
        var accounts = Of(deployment, "Microsoft.Storage/storageAccounts").ToList();
        Assert.Equal(2, accounts.Count);
        Assert.All(accounts, account =>
        {
            Assert.False(At(account, "properties.allowSharedKeyAccess").GetBoolean());
            Assert.False(At(account, "properties.allowBlobPublicAccess").GetBoolean());
            Assert.True(At(account, "properties.supportsHttpsTrafficOnly").GetBoolean());
            Assert.Equal("TLS1_2", At(account, "properties.minimumTlsVersion").GetString());
        });
        var containers = Of(deployment, "Microsoft.Storage/storageAccounts/blobServices/containers");
        Assert.All(containers, container => Assert.Equal("None", At(container, "properties.publicAccess").GetString()));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void The_app_takes_no_plain_HTTP_no_old_TLS_and_no_password(string deployment)
    {
        var app = Assert.Single(Of(deployment, "Microsoft.Web/sites"));
        Assert.True(At(app, "properties.httpsOnly").GetBoolean());
        Assert.Equal("1.2", At(app, "properties.siteConfig.minTlsVersion").GetString());
        Assert.Equal("1.2", At(app, "properties.siteConfig.scmMinTlsVersion").GetString());
        var passwords = Of(deployment, "Microsoft.Web/sites/basicPublishingCredentialsPolicies").ToList();
        Assert.Equal(["ftp", "scm"], passwords.Select(policy => policy.GetProperty("name").GetString()!.Split('/')[^1]).Order());
        Assert.All(passwords, policy => Assert.False(At(policy, "properties.allow").GetBoolean()));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void The_app_has_five_roles_and_each_has_the_smallest_scope(string deployment)
    {
        var roles = Of(deployment, "Microsoft.Authorization/roleAssignments").Select(assignment =>
        {
            var scope = ScopeOf(assignment);
            var role = At(assignment, "properties.roleDefinitionId").GetString()!.Split('/')[^1].TrimEnd(']', '\'', ')');
            return (role, Regex.Replace(scope[(scope.IndexOf("/providers/", StringComparison.Ordinal) + 11)..], "(stgate|staudit|kv-gate-|appi-)[^/]*", "$1"));
        });
        Assert.Equal(
            [
                // Storage Table Data Contributor, for the tables and for the audit trail's table.
                ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "Microsoft.Storage/storageAccounts/staudit/tableServices/default/tables/Audit"),
                ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "Microsoft.Storage/storageAccounts/stgate"),
                // Monitoring Metrics Publisher.
                ("3913510d-42f4-4e42-8a64-420c390055eb", "Microsoft.Insights/components/appi-"),
                // Storage Blob Data Owner.
                ("b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Microsoft.Storage/storageAccounts/stgate"),
                // Key Vault Secrets Officer.
                ("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Microsoft.KeyVault/vaults/kv-gate-"),
            ],
            roles.Order());
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void The_vault_keeps_what_is_deleted_and_takes_roles_only(string deployment)
    {
        var vault = Assert.Single(Of(deployment, "Microsoft.KeyVault/vaults"));
        foreach (var name in (string[])["enableRbacAuthorization", "enableSoftDelete", "enablePurgeProtection"])
            Assert.True(At(vault, $"properties.{name}").GetBoolean());
    }

    [Fact]
    public void Every_table_that_the_code_uses_is_created()
    {
        var used =
            from file in Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            where !file.EndsWith("LocalVault.cs", StringComparison.Ordinal)
            from Match table in TableName().Matches(File.ReadAllText(file))
            select table.Groups[1].Value;
        var made = Of("prod", "Microsoft.Storage/storageAccounts/tableServices/tables").Select(table => table.GetProperty("name").GetString()!.Split('/')).ToList();
        Assert.Equal(used.Distinct().Order(StringComparer.Ordinal), made.Select(name => name[^1]).Order(StringComparer.Ordinal));
        Assert.Equal(["Audit"], made.Where(name => name[0].StartsWith("staudit", StringComparison.Ordinal)).Select(name => name[^1]));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void Changes_of_the_audit_trail_and_uses_of_secrets_are_logged(string deployment)
    {
        Assert.Equal(["StorageDelete", "StorageWrite"], LoggedOf(deployment, "/staudit[^/]*/tableServices/"));
        Assert.Contains("StorageWrite", LoggedOf(deployment, "/stgate[^/]*/blobServices/"));
        Assert.Equal(["audit"], LoggedOf(deployment, "/vaults/"));
        Assert.Equal(["FunctionAppLogs"], LoggedOf(deployment, "/sites/"));
    }

    [Fact]
    public void Data_is_locked_against_deletion_in_prod()
    {
        var locks = Of("prod", "Microsoft.Authorization/locks").ToList();
        Assert.All(locks, one => Assert.Equal("CanNotDelete", At(one, "properties.level").GetString()));
        foreach (var kept in (string[])["/stgate", "/staudit", "/kv-gate-"])
            Assert.Single(locks, one => ScopeOf(one).Contains(kept, StringComparison.Ordinal));
        Assert.Empty(Of("dev", "Microsoft.Authorization/locks"));
    }

    [Fact]
    public void With_private_endpoints_nothing_else_leads_to_app_data_and_secrets()
    {
        foreach (var type in (string[])["Microsoft.Web/sites", "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"])
        {
            Assert.All(Of("prod", type), one => Assert.Equal("Disabled", At(one, "properties.publicNetworkAccess").GetString()));
            Assert.All(Of("dev", type), one => Assert.Equal("Enabled", At(one, "properties.publicNetworkAccess").GetString()));
        }
        var groups = Of("prod", "Microsoft.Network/privateEndpoints")
            .Select(endpoint => At(endpoint, "properties.privateLinkServiceConnections")[0].GetProperty("properties").GetProperty("groupIds")[0].GetString());
        Assert.Equal(["blob", "sites", "table", "table", "vault"], groups.Order());
        var network = Assert.Single(Of("prod", "Microsoft.Network/virtualNetworks"));
        Assert.All(At(network, "properties.subnets").EnumerateArray(), subnet => Assert.True(At(subnet, "properties").TryGetProperty("networkSecurityGroup", out _)));
        Assert.All(
            Of("prod", "Microsoft.Network/networkSecurityGroups"),
            rules => Assert.Contains(
                At(rules, "properties.securityRules").EnumerateArray(),
                rule => (At(rule, "properties.access").GetString(), At(rule, "properties.direction").GetString(), At(rule, "properties.sourceAddressPrefix").GetString()) == ("Deny", "Inbound", "*")));
        Assert.Empty(Of("dev", "Microsoft.Network/privateEndpoints"));
    }

    [Fact]
    public void The_app_is_created_after_the_endpoints_of_its_data_and_secrets()
    {
        var resources = deployments.Template.GetProperty("resources");
        var after = resources.GetProperty("functionApp").GetProperty("dependsOn").EnumerateArray().Select(name => name.GetString());
        Assert.Contains("dataEndpoints", after);
    }

    [Fact]
    public void The_entrance_for_webhooks_forwards_nothing_else()
    {
        var route = Assert.Single(Of("all", "Microsoft.Cdn/profiles/afdEndpoints/routes"));
        Assert.Equal("/webhooks/*", Assert.Single(At(route, "properties.patternsToMatch").EnumerateArray()).GetString());
        Assert.Equal("HttpsOnly", At(route, "properties.forwardingProtocol").GetString());
        Assert.Empty(Of("prod", "Microsoft.Cdn/profiles"));
    }

    [Theory]
    [InlineData("dev", 0)]
    [InlineData("prod", 1)]
    [InlineData("all", 2)]
    public void An_instance_gets_as_many_calls_as_it_sends_to_the_platform(string deployment, int ready)
    {
        var scale = At(Assert.Single(Of(deployment, "Microsoft.Web/sites")), "properties.functionAppConfig.scaleAndConcurrency");
        Assert.Equal(HostedSettings.DefaultConcurrency, At(scale, "triggers.http.perInstanceConcurrency").GetInt32());
        // Some regions refuse a smaller number.
        Assert.InRange(At(scale, "maximumInstanceCount").GetInt32(), 40, 1000);
        Assert.Equal(ready, At(scale, "alwaysReady").EnumerateArray().Sum(one => one.GetProperty("instanceCount").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(Each))]
    public void A_job_that_has_not_run_in_twice_its_period_fires_an_alert(string deployment)
    {
        var queries = Of(deployment, "Microsoft.Insights/scheduledQueryRules")
            .Where(rule => rule.GetProperty("name").GetString()!.Contains("job-overdue", StringComparison.Ordinal))
            .Select(rule => At(rule, "properties.criteria.allOf")[0].GetProperty("query").GetString()!).ToList();
        var allowed = (from query in queries from Match row in Allowed().Matches(query) select (row.Groups[1].Value, row.Groups[2].Value)).Order();
        var wanted = Jobs.Select(job => (job.Name, Short(2 * PeriodOf(GatehouseSettings.Schedules[job.Schedule]!))));
        Assert.Equal(wanted.Order(), allowed);
        Assert.All(queries, query => Assert.Contains("gatehouse.call.duration", query, StringComparison.Ordinal));
    }

    [Fact]
    public void There_are_alerts_for_failures_throttling_and_availability()
    {
        string[] rules = ["credential-warnings", "daily-job-overdue", "failed-jobs", "job-overdue", "server-errors"];
        string[] always = ["tables-throttle-0", "tables-throttle-1", "vault-throttles"];
        Assert.Equal(rules, NamesOf("prod", "Microsoft.Insights/scheduledQueryRules"));
        Assert.Equal(always, NamesOf("prod", "Microsoft.Insights/metricAlerts"));
        Assert.Equal(rules, NamesOf("dev", "Microsoft.Insights/scheduledQueryRules"));
        // Azure cannot call the address of an app that has a private endpoint only.
        Assert.Equal(always.Append("unavailable").Order(), NamesOf("dev", "Microsoft.Insights/metricAlerts"));
        Assert.Single(Of("dev", "Microsoft.Insights/webtests"));
        foreach (var deployment in (string[])["dev", "prod"])
        {
            var all = Of(deployment, "Microsoft.Insights/scheduledQueryRules").Concat(Of(deployment, "Microsoft.Insights/metricAlerts"));
            Assert.All(all, rule => Assert.Contains("actionGroups", At(rule, "properties.actions").GetRawText(), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_operations_guide_explains_exactly_these_alerts()
    {
        var fired = ((string[])["dev", "prod"]).SelectMany(deployment =>
            NamesOf(deployment, "Microsoft.Insights/scheduledQueryRules").Concat(NamesOf(deployment, "Microsoft.Insights/metricAlerts"))).Distinct();
        var guide = Repository.Read("docs/operations.md");
        var section = guide[guide.IndexOf("## Azure's alerts", StringComparison.Ordinal)..guide.IndexOf("## Gatehouse's alerts", StringComparison.Ordinal)];
        var explained = from Match row in AlertRow().Matches(section) from Match name in CodeText().Matches(row.Value) select name.Groups[1].Value;
        Assert.Equal(fired.Order(), explained.Order());
    }

    [Fact]
    public void The_logs_of_a_day_can_be_capped()
    {
        Assert.Equal(1, At(Assert.Single(Of("dev", "Microsoft.OperationalInsights/workspaces")), "properties.workspaceCapping.dailyQuotaGb").GetInt32());
        Assert.Equal(-1, At(Assert.Single(Of("prod", "Microsoft.OperationalInsights/workspaces")), "properties.workspaceCapping.dailyQuotaGb").GetInt32());
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

    private IEnumerable<JsonElement> Of(string deployment, string type) =>
        deployments.Resources[deployment].Where(resource => resource.GetProperty("type").GetString() == type);

    private IEnumerable<string> NamesOf(string deployment, string type) =>
        Of(deployment, type).Select(one => one.GetProperty("name").GetString()!).Select(name => name[..name.IndexOf("-gatehouse-", StringComparison.Ordinal)]).Order();

    private IEnumerable<string> LoggedOf(string deployment, string scope) =>
        from setting in Of(deployment, "Microsoft.Insights/diagnosticSettings")
        where Regex.IsMatch(ScopeOf(setting), scope)
        from log in At(setting, "properties.logs").EnumerateArray()
        let name = (log.TryGetProperty("category", out var category) ? category : log.GetProperty("categoryGroup")).GetString()
        orderby name
        select name;

    // The settings are the members of objects in one expression: 'Name', value.
    private Dictionary<string, string> SettingsOf(string deployment)
    {
        var settings = Assert.Single(
            Of(deployment, "Microsoft.Web/sites/config"),
            one => one.GetProperty("name").GetString()!.EndsWith("/appsettings", StringComparison.Ordinal));
        return Setting().Matches(settings.GetProperty("properties").GetString()!)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
    }

    // The id of an extension resource is /scope/providers/..., or an expression whose first argument is the scope.
    private static string ScopeOf(JsonElement extension)
    {
        var id = extension.GetProperty("id").GetString()!;
        return id[0] == '[' ? id.Split('\'')[1] : id[..id.LastIndexOf("/providers/", StringComparison.Ordinal)];
    }

    private static JsonElement At(JsonElement element, string path) =>
        path.Split('.').Aggregate(element, (at, name) => at.GetProperty(name));

    private static TimeSpan PeriodOf(string schedule)
    {
        var times = Schedule.Parse(schedule);
        var first = times.After(DateTimeOffset.UnixEpoch);
        return times.After(first) - first;
    }

    private static string Short(TimeSpan span) => span.TotalHours >= 1 ? $"{span.TotalHours}h" : $"{span.TotalMinutes}m";

    private static string Text(string fault, IEnumerable<string> names) => string.Join('\n', names.Select(name => $"{name}: {fault}"));

    [GeneratedRegex(@"__\d+(?=__|$)")]
    private static partial Regex Place();

    [GeneratedRegex(@"const string \w*Table\w* = ""(\w+)""")]
    private static partial Regex TableName();

    [GeneratedRegex(@"'([A-Za-z]+__\w+|[A-Z]+(?:_[A-Z]+)+|[A-Za-z]+Schedule)', '?([^',]*)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^\| `[^|]*\|", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeText();

    [GeneratedRegex(@"""(\w+)"", (\d+[mh])")]
    private static partial Regex Allowed();

    /// <summary>The deployments, compiled once.</summary>
    public sealed class Deployments : IAsyncLifetime
    {
        internal JsonElement Template { get; private set; }

        internal IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Resources { get; private set; } = new Dictionary<string, IReadOnlyList<JsonElement>>();

        public async Task InitializeAsync()
        {
            using var compiler = new BicepCompiler();
            Template = await compiler.TemplateAsync();
            Resources = new Dictionary<string, IReadOnlyList<JsonElement>>
            {
                ["dev"] = await compiler.ResourcesAsync("dev"),
                ["prod"] = await compiler.ResourcesAsync("prod"),
                ["all"] = await compiler.ResourcesAsync("all", Everything),
            };
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
