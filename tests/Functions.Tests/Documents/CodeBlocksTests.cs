using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Every block of code in the documents is of a kind that says what becomes of it: it is run by a test, or it cannot be, or it is
/// nothing to be run.
/// </summary>
public sealed partial class CodeBlocksTests
{
    // Commands of Azure's, by their first two words. There is no Azure to run them against: what they name is looked at.
    private static readonly string[] AzureCommands =
        ["az ad", "az group", "az role", "az deployment", "az keyvault"];

    private static IEnumerable<(string Document, string Kind, string Text)> Blocks =>
        from document in (string[])
        [
            "README.md", "bench/README.md", "standins/README.md",
            .. Directory.GetFiles(Repository.PathOf("docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file)),
        ]
        from Match block in Block().Matches(Repository.Read(document))
        select (document, block.Groups["kind"].Value, block.Groups["text"].Value);

    [Fact]
    public void Every_block_says_of_what_kind_it_is() => Assert.All(Blocks, block =>
        Assert.True(block.Kind is "console" or "text" or "json" or "http" or "python" or "azurecli", $"{block.Document}: '{block.Kind}'"));

    // ReadmeStoryTests types in the README's and holds their answers; PushTests does so with the upload of a certificate.
    [Fact]
    public void What_can_be_typed_in_stands_where_a_test_does_it() => Assert.All(
        Blocks.Where(block => block.Kind == "console"), block => Assert.Contains(block.Document, (string[])["README.md", "docs/facade.md"]));

    [Fact]
    public void Commands_of_Azure_are_such_and_the_files_that_they_name_are_there()
    {
        var commands =
            from block in Blocks
            where block.Kind == "azurecli"
            from line in block.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            select line;
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            Assert.Contains(string.Join(' ', command.Split(' ').Take(2)), AzureCommands);
            foreach (Match path in ProjectPath().Matches(command))
                Assert.True(File.Exists(Repository.PathOf(path.Value)), $"{command}: there is no {path.Value}");
        }
    }

    [GeneratedRegex(@"^ *```(?<kind>\w*)\n(?<text>.*?)^ *```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"(?<![\w/.])(?:infra|src|docs)/[\w./-]+")]
    private static partial Regex ProjectPath();
}
