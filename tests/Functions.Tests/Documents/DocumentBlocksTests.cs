using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Access.Callers;
using Gatehouse.Alerts;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Checks the blocks in the documents: that each is run or compared with something. Azure commands are not run; only the names in
/// them are checked.
/// </summary>
public sealed partial class DocumentBlocksTests
{
    // StoryTests runs sh, and compares json. text contains no commands, or those that start a server or build an image.
    private static readonly string[] Kinds = ["sh", "json", "text", "javascript", "csharp", "azurecli", "mermaid"];

    // Kinds with tests for these documents only.
    private static readonly (string Document, string Kind)[] TestedHere =
        [("docs/alerts.md", "javascript"), ("docs/consumers.md", "csharp"), ("docs/architecture.md", "mermaid")];

    // By their first two words. They are not run, because the tests have no Azure.
    private static readonly string[] AzureCommands =
        ["az ad", "az deployment", "az functionapp", "az group", "az identity", "az keyvault", "az network", "az provider", "az rest", "az role"];

    [Fact]
    public void Every_block_has_a_known_kind_and_every_example_is_tested()
    {
        foreach (var document in DocumentBlock.Documents)
        {
            var kinds = DocumentBlock.Of(document).Select(block => block.Kind).ToList();
            Assert.Empty(kinds.Except(Kinds).Select(kind => $"{document} has a block of the kind '{kind}'."));
            Assert.Empty(from kind in kinds
                         where kind is "javascript" or "csharp" or "mermaid" && !TestedHere.Contains((document, kind))
                         select $"{document} has a block {kind} that no test looks at.");
            // An answer belongs to commands.
            Assert.All(kinds.Prepend("").Zip(kinds).Where(pair => pair.Second == "json"), pair => Assert.Equal("sh", pair.First));
        }
    }

    [Fact]
    public void The_consumer_in_C_sharp_is_compiled_and_tested()
    {
        var example = Assert.Single(DocumentBlock.Of("docs/consumers.md"), block => block.Kind == "csharp").Text;

        Assert.Contains(example, Repository.Read("tests/Functions.Tests/Documents/TokenFromVault.cs"), StringComparison.Ordinal);
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
        var pipeline = Repository.Read(".github/workflows/ci.yml");
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
    public void The_operations_guide_explains_every_type_of_alert()
    {
        var guide = Repository.Read("docs/operations.md");
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

    private static async Task<string> RunAsync(string program, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said[1]);
        return said[0];
    }

    [GeneratedRegex(@"(?<![\w./-])(?:infra|src)/[\w./-]*\w")]
    private static partial Regex ProjectPath();

    [GeneratedRegex(@"(?<=^|\$\()az \w+", RegexOptions.Multiline)]
    private static partial Regex AzureCommand();

    // Continuation lines are indented.
    [GeneratedRegex(@"^(?!az |export | ).+$", RegexOptions.Multiline)]
    private static partial Regex OtherCommand();

    [GeneratedRegex(@"^export (\w+)=", RegexOptions.Multiline)]
    private static partial Regex Exported();

    [GeneratedRegex(@"az keyvault secret [\w-]+ .*--name ([a-z][\w-]+)")]
    private static partial Regex VaultSecret();
}
