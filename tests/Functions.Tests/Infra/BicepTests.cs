using System.Text.RegularExpressions;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Infra;

/// <summary>Checks the Bicep files: their grammar, their references, and that they set what the code reads.</summary>
public sealed partial class BicepTests
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
    };

    // Settings that Azure's own components read.
    private static readonly string[] NotOurs =
    [
        "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__credential", "AzureWebJobsStorage__clientId",
        "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "AZURE_CLIENT_ID",
    ];

    [Fact]
    public async Task Every_file_is_valid_Bicep_and_its_references_exist() => Assert.Equal("", await NodeScript.RunAsync("tests/infra", "bicep.mjs", "check", "infra/bicep"));

    [Fact]
    public async Task Bicep_sets_exactly_the_settings_that_the_code_reads_and_Azure_needs()
    {
        var read = GatehouseSettings.Names.ToHashSet();
        var given = (await SettingsAsync()).Keys.Select(name => Place().Replace(name, "__N")).Except(NotOurs).ToHashSet();
        Assert.Equal("", Text("read by the code and not set", read.Except(given).Except(NotForAzure.Keys)));
        Assert.Equal("", Text("set and not read by the code", given.Except(read)));
        Assert.Equal("", Text("set although it is listed as not for Azure", given.Intersect(NotForAzure.Keys)));
        Assert.Equal("", Text("listed as not for Azure and not read by the code", NotForAzure.Keys.Except(read)));
    }

    [Fact]
    public async Task The_schedules_are_the_default_schedules()
    {
        var given = await SettingsAsync();
        Assert.All(GatehouseSettings.Schedules, schedule => Assert.Equal($"'{schedule.Value}'", given[schedule.Key]));
    }

    [Fact]
    public async Task Every_table_that_the_code_uses_is_created()
    {
        var used =
            from file in Directory.GetFiles(Repository.PathOf("src/Core"), "*.cs", SearchOption.AllDirectories)
            where !file.EndsWith("LocalVault.cs", StringComparison.Ordinal)
            from Match table in TableName().Matches(File.ReadAllText(file))
            select table.Groups[1].Value;
        var made = (await NodeScript.RunAsync("tests/infra", "bicep.mjs", "tables", "infra/bicep")).Split('\n');
        Assert.Equal(used.Distinct().Order(StringComparer.Ordinal), made);
    }

    private static async Task<Dictionary<string, string>> SettingsAsync() =>
        (await NodeScript.RunAsync("tests/infra", "bicep.mjs", "settings", "infra/bicep")).Split('\n')
            .Select(line => line.Split('=', 2)).ToDictionary(setting => setting[0], setting => setting[1]);

    private static string Text(string fault, IEnumerable<string> names) => string.Join('\n', names.Select(name => $"{name}: {fault}"));

    [GeneratedRegex(@"__\d+(?=__|$)")]
    private static partial Regex Place();

    [GeneratedRegex(@"const string \w*Table\w* = ""(\w+)""")]
    private static partial Regex TableName();
}
