using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Access.Callers;
using Gatehouse.Alerts;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Runs the examples in the documents. Azure commands are not run; only the names in them are checked. On the server only: the
/// examples use its address and its credentials.
/// </summary>
public sealed partial class DocumentBlocksTests
{
    // console and javascript are run by tests: here, or by ReadmeStoryTests. text contains no commands.
    private static readonly string[] Kinds = ["console", "text", "javascript", "azurecli"];

    // Blocks outside of the stories; each has a test below.
    private static readonly (string Document, string Kind)[] RunHere = [("docs/facade.md", "console"), ("docs/alerts.md", "javascript")];

    // By their first two words. They are not run, because the tests have no Azure.
    private static readonly string[] AzureCommands =
        ["az ad", "az deployment", "az functionapp", "az group", "az identity", "az keyvault", "az lock", "az rest", "az role"];

    [Fact]
    public void Every_block_has_a_known_kind_and_every_example_is_run()
    {
        foreach (var block in DocumentBlock.Documents.SelectMany(DocumentBlock.Of))
        {
            Assert.True(Kinds.Contains(block.Kind), $"{block.Document} has a block of the kind '{block.Kind}':\n{block.Text}");
            if (block.Kind is "text" or "azurecli") continue;
            Assert.True(
                RunHere.Contains((block.Document, block.Kind)) || (block.Kind == "console" && ReadmeStoryTests.Stories.Contains(block.Document)),
                $"{block.Document} has a block that no test runs:\n{block.Text}");
            if (block.Kind != "console") continue;
            Assert.Equal(Command().Count(block.Text), block.Steps.Count());
        }
    }

    [Fact]
    public async Task The_upload_example_gets_the_documented_answer()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["certificate.p12"], TestCertificates.P12(CertificateKind.Universal, password: "secret"));
        await using var gatehouse = await RunningGatehouse.StartAsync();
        var created = await gatehouse.Api.PostAsync("/ops/v1/applications", Credential.Ops, """{"name":"Harbour"}""");
        var (command, documented) = Assert.Single(
            DocumentBlock.Of("docs/facade.md").Where(block => block.Kind == "console").SelectMany(block => block.Steps),
            step => step.Command.Contains("certificate.p12", StringComparison.Ordinal));

        var answer = await RunAsync(
            "sh", ["-c", command], folder.Path,
            ("KEY", RunningGatehouse.OpsKey),
            ("APPLICATION", new Uri(gatehouse.Api.Address, $"/ops/v1/applications/{created.Body.GetProperty("app_id").GetString()}").ToString()));

        Assert.Equal(Names(documented), Names(answer));
    }

    [Theory]
    [InlineData(0, "", true)]
    [InlineData(0, " ", false)]
    [InlineData(-400, "", false)]
    public async Task The_signature_example_accepts_only_a_current_and_valid_signature(int seconds, string addition, bool isGenuine)
    {
        const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        const string Body = """{"type":"token.rotated"}""";
        var at = DateTimeOffset.UtcNow.AddSeconds(seconds);
        var headers = JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["webhook-id"] = "msg_1",
            ["webhook-timestamp"] = $"{at.ToUnixTimeSeconds()}",
            ["webhook-signature"] = "v1,b2xk " + AlertSecret.TryParse(Secret)!.Sign("msg_1", at, Encoding.UTF8.GetBytes(Body)),
        });
        var function = Assert.Single(DocumentBlock.Of("docs/alerts.md"), block => block.Kind == "javascript").Text;

        var answer = await RunAsync(
            "node", ["-e", $"{function}\nconsole.log(isGenuine('{Secret}', {headers}, Buffer.from('{Body}{addition}')))"], Repository.Root);

        Assert.Equal(isGenuine ? "true" : "false", answer.Trim());
    }

    [Fact]
    public void Azure_commands_name_existing_files_variables_and_secrets()
    {
        var bicep = string.Concat(Directory.GetFiles(Repository.PathOf("infra/bicep"), "*.bicep*", SearchOption.AllDirectories).Select(File.ReadAllText));
        var code = string.Concat(Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var pipeline = Repository.Read(".github/workflows/deploy.yml");
        foreach (var block in DocumentBlock.Documents.SelectMany(DocumentBlock.Of).Where(block => block.Kind == "azurecli"))
        {
            foreach (Match command in AzureCommand().Matches(block.Text)) Assert.Contains(command.Value, AzureCommands);
            // Other commands are those of the pipeline.
            foreach (Match command in OtherCommand().Matches(block.Text)) Assert.Contains($"- run: {command.Value.Trim('(', ')')}\n", pipeline, StringComparison.Ordinal);
            foreach (Match path in ProjectPath().Matches(block.Text))
                Assert.True(Path.Exists(Repository.PathOf(path.Value)), $"{block.Document} names {path.Value}, which is not there.");
            foreach (Match variable in Exported().Matches(block.Text))
                Assert.Contains($"readEnvironmentVariable('{variable.Groups[1].Value}'", bicep, StringComparison.Ordinal);
            foreach (Match secret in VaultSecret().Matches(block.Text))
            {
                Assert.True(
                    code.Contains($"\"{secret.Groups[1].Value}\"", StringComparison.Ordinal)
                    || bicep.Contains($"secrets/{secret.Groups[1].Value})", StringComparison.Ordinal),
                    $"{block.Document} names the secret {secret.Groups[1].Value}, which nothing reads.");
            }
        }
    }

    [Fact]
    public void The_operations_guide_names_existing_settings_and_all_alerts()
    {
        var guide = Repository.Read("docs/operations.md");
        var settings = GatehouseSettings.Names.Select(name => name.Replace("__N", "__0", StringComparison.Ordinal).Replace("__M", "__0", StringComparison.Ordinal)).ToList();
        foreach (Match setting in SettingName().Matches(guide))
        {
            var name = setting.Groups[1].Value;
            Assert.True(name.EndsWith("...", StringComparison.Ordinal) ? settings.Exists(one => one.StartsWith(name.Replace("N__...", "0__", StringComparison.Ordinal), StringComparison.Ordinal)) : settings.Contains(name), name);
        }

        var rules = from Match rule in RuleName().Matches(Repository.Read("infra/bicep/modules/alerts.bicep")) select rule.Groups[1].Value;
        var explained = from Match row in AlertRow().Matches(guide[guide.IndexOf("## Azure's alerts", StringComparison.Ordinal)..]) select row.Groups[1].Value;
        Assert.Equal(rules.Order(), explained.Order());
        foreach (var type in typeof(AlertTypes).GetFields()) Assert.Contains($"`{type.GetRawConstantValue()}`", guide, StringComparison.Ordinal);
    }

    [Fact]
    public void The_app_roles_for_Entra_ID_are_the_facade_s_roles()
    {
        var roles = JsonElement.Parse(Repository.Read("infra/entra/app-roles.json")).EnumerateArray().ToList();
        Assert.Equal(RoleNames.All.Select(RoleNames.NameOf).Order(), roles.Select(role => role.GetProperty("value").GetString()).Order());
        Assert.Equal(roles.Count, roles.Select(role => role.GetProperty("id").GetGuid()).Distinct().Count());
        Assert.All(roles, role => Assert.True(role.GetProperty("isEnabled").GetBoolean()));
    }

    private static IEnumerable<string> Names(string json) => JsonElement.Parse(json).EnumerateObject().Select(member => member.Name);

    private static async Task<string> RunAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said[1]);
        return said[0];
    }

    [GeneratedRegex(@"^\$ ", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"(?<![\w./-])(?:infra|src)/[\w./-]*\w")]
    private static partial Regex ProjectPath();

    [GeneratedRegex(@"(?<=^|\$\()az \w+", RegexOptions.Multiline)]
    private static partial Regex AzureCommand();

    // Continuation lines are indented.
    [GeneratedRegex(@"^(?!az |export | ).+$", RegexOptions.Multiline)]
    private static partial Regex OtherCommand();

    [GeneratedRegex(@"^export (\w+)=", RegexOptions.Multiline)]
    private static partial Regex Exported();

    [GeneratedRegex(@"az keyvault secret [\w-]+ .*--name ([\w-]+)")]
    private static partial Regex VaultSecret();

    [GeneratedRegex(@"`([A-Z][A-Za-z]+__[\w.]+)`")]
    private static partial Regex SettingName();

    [GeneratedRegex(@"^    name: '([a-z-]+)'$", RegexOptions.Multiline)]
    private static partial Regex RuleName();

    [GeneratedRegex(@"^\| `([a-z]+-[a-z-]+)` \| [A-Z]", RegexOptions.Multiline)]
    private static partial Regex AlertRow();
}
