using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>Who can reach what in a deployment, and what is logged and kept.</summary>
[Collection(nameof(Deployments))]
public sealed partial class DeploymentAccessTests(Deployments deployments)
{
    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void Storage_accounts_take_no_key_no_old_TLS_and_show_no_blob(string deployment)
    {
        var accounts = deployments.Of(deployment, "Microsoft.Storage/storageAccounts").ToList();
        Assert.Equal(2, accounts.Count);
        Assert.All(accounts, account =>
        {
            Assert.False(Deployments.At(account, "properties.allowSharedKeyAccess").GetBoolean());
            Assert.False(Deployments.At(account, "properties.allowBlobPublicAccess").GetBoolean());
            Assert.True(Deployments.At(account, "properties.supportsHttpsTrafficOnly").GetBoolean());
            Assert.Equal("TLS1_2", Deployments.At(account, "properties.minimumTlsVersion").GetString());
        });
        var containers = deployments.Of(deployment, "Microsoft.Storage/storageAccounts/blobServices/containers");
        Assert.All(containers, container => Assert.Equal("None", Deployments.At(container, "properties.publicAccess").GetString()));
    }

    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void The_app_takes_no_plain_HTTP_no_old_TLS_and_no_password(string deployment)
    {
        var app = Assert.Single(deployments.Of(deployment, "Microsoft.Web/sites"));
        Assert.True(Deployments.At(app, "properties.httpsOnly").GetBoolean());
        Assert.Equal("1.2", Deployments.At(app, "properties.siteConfig.minTlsVersion").GetString());
        Assert.Equal("1.2", Deployments.At(app, "properties.siteConfig.scmMinTlsVersion").GetString());
        var passwords = deployments.Of(deployment, "Microsoft.Web/sites/basicPublishingCredentialsPolicies").ToList();
        Assert.Equal(["ftp", "scm"], passwords.Select(policy => policy.GetProperty("name").GetString()!.Split('/')[^1]).Order());
        Assert.All(passwords, policy => Assert.False(Deployments.At(policy, "properties.allow").GetBoolean()));
    }

    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void The_app_has_five_roles_and_each_has_the_smallest_scope(string deployment)
    {
        var roles = deployments.Of(deployment, "Microsoft.Authorization/roleAssignments").Select(assignment =>
        {
            var scope = Deployments.ScopeOf(assignment);
            var role = Deployments.At(assignment, "properties.roleDefinitionId").GetString()!.Split('/')[^1].TrimEnd(']', '\'', ')');
            return (role, Regex.Replace(scope[(scope.IndexOf("/providers/", StringComparison.Ordinal) + 11)..], "(stgate|staudit|kv-gate-|appi-)[^/]*", "$1"));
        });
        Assert.Equal(
            [
                // Storage Table Data Contributor, for the audit trail and for the other tables.
                ("0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", "Microsoft.Storage/storageAccounts/staudit"),
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
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void The_vault_keeps_what_is_deleted_and_takes_roles_only(string deployment)
    {
        var vault = Assert.Single(deployments.Of(deployment, "Microsoft.KeyVault/vaults"));
        foreach (var name in (string[])["enableRbacAuthorization", "enableSoftDelete", "enablePurgeProtection"])
            Assert.True(Deployments.At(vault, $"properties.{name}").GetBoolean());
    }

    [Fact]
    public void Every_table_that_the_code_uses_is_created()
    {
        var used =
            from file in Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            where !file.EndsWith("LocalVault.cs", StringComparison.Ordinal)
            from Match table in TableName().Matches(File.ReadAllText(file))
            select table.Groups[1].Value;
        var made = deployments.Of("prod", "Microsoft.Storage/storageAccounts/tableServices/tables").Select(table => table.GetProperty("name").GetString()!.Split('/')).ToList();
        Assert.Equal(used.Distinct().Order(StringComparer.Ordinal), made.Select(name => name[^1]).Order(StringComparer.Ordinal));
        Assert.Equal(["Audit"], made.Where(name => name[0].StartsWith("staudit", StringComparison.Ordinal)).Select(name => name[^1]));
    }

    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
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
        var locks = deployments.Of("prod", "Microsoft.Authorization/locks").ToList();
        Assert.All(locks, one => Assert.Equal("CanNotDelete", Deployments.At(one, "properties.level").GetString()));
        foreach (var kept in (string[])["/stgate", "/staudit", "/kv-gate-"])
            Assert.Single(locks, one => Deployments.ScopeOf(one).Contains(kept, StringComparison.Ordinal));
        Assert.Empty(deployments.Of("dev", "Microsoft.Authorization/locks"));
    }

    [Fact]
    public void With_private_endpoints_nothing_else_leads_to_app_data_and_secrets()
    {
        foreach (var type in (string[])["Microsoft.Web/sites", "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"])
        {
            Assert.All(deployments.Of("prod", type), one => Assert.Equal("Disabled", Deployments.At(one, "properties.publicNetworkAccess").GetString()));
            Assert.All(deployments.Of("dev", type), one => Assert.Equal("Enabled", Deployments.At(one, "properties.publicNetworkAccess").GetString()));
        }
        var groups = deployments.Of("prod", "Microsoft.Network/privateEndpoints")
            .Select(endpoint => Deployments.At(endpoint, "properties.privateLinkServiceConnections")[0].GetProperty("properties").GetProperty("groupIds")[0].GetString());
        Assert.Equal(["blob", "sites", "table", "table", "vault"], groups.Order());
        var network = Assert.Single(deployments.Of("prod", "Microsoft.Network/virtualNetworks"));
        // A network with its subnets in its properties deletes all others.
        Assert.False(Deployments.At(network, "properties").TryGetProperty("subnets", out _));
        var subnets = deployments.Of("prod", "Microsoft.Network/virtualNetworks/subnets").ToList();
        Assert.Equal(2, subnets.Count);
        Assert.All(subnets, subnet => Assert.True(Deployments.At(subnet, "properties").TryGetProperty("networkSecurityGroup", out _)));
        Assert.All(
            deployments.Of("prod", "Microsoft.Network/networkSecurityGroups"),
            rules => Assert.Contains(
                Deployments.At(rules, "properties.securityRules").EnumerateArray(),
                rule => (Deployments.At(rule, "properties.access").GetString(), Deployments.At(rule, "properties.direction").GetString(), Deployments.At(rule, "properties.sourceAddressPrefix").GetString()) == ("Deny", "Inbound", "*")));
        Assert.Empty(deployments.Of("dev", "Microsoft.Network/privateEndpoints"));
    }

    [Fact]
    public void Endpoints_of_one_account_are_created_one_after_the_other()
    {
        var endpoints = Resources(deployments.Template).Where(resource => resource.GetProperty("type").GetString() == "Microsoft.Network/privateEndpoints").ToList();
        Assert.NotEmpty(endpoints);
        Assert.All(endpoints, endpoint => Assert.Equal("serial", Deployments.At(endpoint, "copy.mode").GetString()));
    }

    [Theory]
    [MemberData(nameof(Deployments.Each), MemberType = typeof(Deployments))]
    public void The_names_of_accounts_and_vault_are_valid_for_every_environment(string deployment)
    {
        Assert.All(
            deployments.Of(deployment, "Microsoft.Storage/storageAccounts"),
            account => Assert.Matches("^[a-z0-9]{3,24}$", account.GetProperty("name").GetString()));
        Assert.Matches("^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$", Assert.Single(deployments.Of(deployment, "Microsoft.KeyVault/vaults")).GetProperty("name").GetString());
    }

    [Fact]
    public void The_app_is_created_after_the_endpoints_of_its_data_and_secrets()
    {
        var resources = deployments.Template.GetProperty("resources");
        var after = resources.GetProperty("functionApp").GetProperty("dependsOn").EnumerateArray().Select(name => name.GetString());
        Assert.Contains("dataEndpoints", after);
    }

    [Fact]
    public void The_guide_registers_every_resource_provider_that_a_deployment_needs()
    {
        // Every subscription has the first two. The app's subnet needs the last, which no resource is of.
        var needed = from Match type in ResourceType().Matches(deployments.Template.GetRawText()) select type.Groups[1].Value;
        var registered = from Match provider in Registered().Matches(Repository.Read("docs/operations.md")) select provider.Groups[1].Value;
        Assert.Equal(needed.Distinct().Except(["Authorization", "Resources"]).Append("App").Order(), registered);
    }

    [Fact]
    public void The_entrance_for_webhooks_forwards_nothing_else()
    {
        var route = Assert.Single(deployments.Of("all", "Microsoft.Cdn/profiles/afdEndpoints/routes"));
        Assert.Equal("/webhooks/*", Assert.Single(Deployments.At(route, "properties.patternsToMatch").EnumerateArray()).GetString());
        Assert.Equal("HttpsOnly", Deployments.At(route, "properties.forwardingProtocol").GetString());
        Assert.Empty(deployments.Of("prod", "Microsoft.Cdn/profiles"));
    }

    // Those of the modules too.
    private static IEnumerable<JsonElement> Resources(JsonElement template)
    {
        var list = template.GetProperty("resources");
        foreach (var resource in list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : list.EnumerateObject().Select(member => member.Value))
        {
            yield return resource;
            if (resource.GetProperty("type").GetString() != "Microsoft.Resources/deployments") continue;
            foreach (var inner in Resources(Deployments.At(resource, "properties.template"))) yield return inner;
        }
    }

    private IEnumerable<string> LoggedOf(string deployment, string scope) =>
        from setting in deployments.Of(deployment, "Microsoft.Insights/diagnosticSettings")
        where Regex.IsMatch(Deployments.ScopeOf(setting), scope)
        from log in Deployments.At(setting, "properties.logs").EnumerateArray()
        let name = (log.TryGetProperty("category", out var category) ? category : log.GetProperty("categoryGroup")).GetString()
        orderby name
        select name;

    [GeneratedRegex(@"""type"":\s*""Microsoft\.(\w+)/")]
    private static partial Regex ResourceType();

    [GeneratedRegex(@"^az provider register --namespace Microsoft\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Registered();

    [GeneratedRegex(@"const string \w*Table\w* = ""(\w+)""")]
    private static partial Regex TableName();
}
