using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gatehouse.Functions.Tests.Harness;
using Gatehouse.Server;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Pastes the commands of each document, as they stand, into a fresh shell beside a new server, and compares the answers with the
/// documented ones. On the server only: the documents start it.
/// </summary>
public sealed partial class StoryTests
{
    private const string Readme = "README.md";
    private const string EndOfBlock = "--- end of block ---";

    // The README says so to its reader, and each document to its own.
    private const string Prepared =
        """
        field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
        APP=$(curl -sS -H "X-Gatehouse-Key: $KEY" -d '{"name": "Harbour"}' "$GATEHOUSE/ops/v1/applications" | field app_id)

        """;

    // Of the variables of this process. Others are settings of other tests.
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "LANG"];

    // Members whose values depend on the time or on the system.
    private static readonly string[] Varying = ["days_left", "age_seconds", "subject", "duration_seconds"];

    public static TheoryData<string> Documents => [.. DocumentBlock.Documents.Where(document => DocumentBlock.StoryOf(document).Any())];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task A_document_s_commands_pasted_into_a_fresh_shell_get_the_documented_answers(string document)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["certificate.p12"], TestCertificates.P12(CertificateKind.Universal, password: "secret"));
        using var process = GatehouseProcess.Start(("Storage__Path", folder[".gatehouse"]));
        await process.AddressAsync();
        var story = DocumentBlock.StoryOf(document).ToList();

        var answers = await RunAsync(
            (document == Readme ? [] : new[] { Prepared }).Prepend(Export(await process.OutputAsync("first call"))),
            story.Select(step => step.Commands.Text), folder.Path);

        // Values that differ from run to run: the documented value, and the actual one.
        var actual = new Dictionary<string, string>();
        foreach (var ((commands, documented), answer) in story.Zip(answers))
        {
            var lines = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(documented.Length == lines.Length, $"{document}, line {commands.Line}: the answer is {answer}");
            foreach (var (line, actualLine) in documented.Zip(lines)) CompareLine(line, actualLine, actual);
        }
    }

    [Fact]
    public void The_README_s_story_comes_from_issuing_a_token_to_deleting_the_application()
    {
        var commands = string.Concat(DocumentBlock.StoryOf(Readme).Select(step => step.Commands.Text));

        foreach (var part in (string[])["/tokens", "vault get", "/rotate", "-X DELETE", "/ops/v1/audit", "?confirm=", "/v3/applications"])
            Assert.Contains(part, commands, StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_work_in_bash_and_zsh_on_a_bare_machine()
    {
        foreach (var (commands, _) in DocumentBlock.Documents.SelectMany(DocumentBlock.StoryOf))
        {
            var at = $"{commands.Document}, line {commands.Line}";
            // An interactive zsh takes # as a command, and an unquoted ? or * as a file name.
            Assert.False(Comment().IsMatch(commands.Text), $"{at} has a comment.");
            Assert.False(Pattern().IsMatch(Quoted().Replace(commands.Text, "")), $"{at} has a ?, * or ! outside of quotes.");
            Assert.False(Extra().IsMatch(commands.Text), $"{at} needs a program that a bare machine does not have.");
            Assert.DoesNotContain("127.0.0.1", commands.Text, StringComparison.Ordinal);
            // A build writes its warnings to the same output. The function in RunAsync cannot show that: it builds nothing.
            Assert.False(Captured().IsMatch(commands.Text), $"{at} captures the output of a build: dotnet run needs --no-build.");
        }
    }

    private static string Export(string banner) => ExportLine().Match(banner).Groups[1].Value + "\n";

    // One shell for all blocks. It stops at the first command that fails.
    private static async Task<string[]> RunAsync(IEnumerable<string> preparation, IEnumerable<string> blocks, string folder)
    {
        var script = string.Concat([
            "set -euo pipefail\n",
            // The built server, instead of a build in the middle of a test.
            $"dotnet() {{ [[ \"$2\" == --no-build ]] && set -- \"$1\" \"${{@:3}}\"; [[ \"$*\" == \"run --project src/Server -- \"* ]]; shift 4; command dotnet '{typeof(CommandLine).Assembly.Location}' \"$@\"; }}\n",
            .. preparation,
            .. blocks.Select(block => $"{block}printf '\\n{EndOfBlock}\\n'\n"),
        ]);
        var start = new ProcessStartInfo("bash", ["--noprofile", "--norc", "-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => !Inherited.Contains(name) && !name.StartsWith("DOTNET_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        using var shell = Process.Start(start)!;
        shell.StandardInput.Close();
        var said = await Task.WhenAll(shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        var answers = said[0].Split($"\n{EndOfBlock}\n");
        Assert.True(shell.ExitCode == 0, $"Block {answers.Length} failed: {answers[^1]}{said[1]}");
        return answers[..^1];
    }

    private static void CompareLine(string documented, string answer, Dictionary<string, string> actual)
    {
        if (documented.StartsWith('{')) Compare(JsonElement.Parse(documented), JsonElement.Parse(answer), actual);
        else CompareText(documented, answer, actual);
    }

    private static void Compare(JsonElement documented, JsonElement answered, Dictionary<string, string> actual)
    {
        Assert.Equal(documented.ValueKind, answered.ValueKind);
        switch (documented.ValueKind)
        {
            case JsonValueKind.Object:
                var (members, others) = (documented.EnumerateObject().ToList(), answered.EnumerateObject().ToList());
                CompareText(string.Join(',', members.Select(member => member.Name)), string.Join(',', others.Select(member => member.Name)), actual);
                foreach (var (one, other) in members.Zip(others).Where(pair => !Varying.Contains(pair.First.Name))) Compare(one.Value, other.Value, actual);
                break;
            case JsonValueKind.Array:
                Assert.Equal(documented.GetArrayLength(), answered.GetArrayLength());
                foreach (var (one, other) in documented.EnumerateArray().Zip(answered.EnumerateArray())) Compare(one, other, actual);
                break;
            default:
                CompareText(documented.ToString(), answered.ToString(), actual);
                break;
        }
    }

    // The text between generated values is the same. Each generated value is of the same kind; an id or a token that the document
    // has twice is the same twice.
    private static void CompareText(string documented, string answer, Dictionary<string, string> actual)
    {
        if (documented == answer) return;
        Assert.Equal(Generated().Replace(documented, KindOf), Generated().Replace(answer, KindOf));
        foreach (var (one, other) in Generated().Matches(documented).Zip(Generated().Matches(answer)))
        {
            if (!one.Groups["id"].Success) continue;
            actual.TryAdd(one.Value, other.Value);
            Assert.Equal(actual[one.Value], other.Value);
        }
    }

    private static string KindOf(Match generated) => $"<{generated.Groups.Values.Last(group => group.Success).Name}>";

    [GeneratedRegex(@"^ *(export GATEHOUSE=.+)$", RegexOptions.Multiline)]
    private static partial Regex ExportLine();

    [GeneratedRegex(@"\$\(\s*dotnet run (?!--no-build )|dotnet run (?!--no-build )[^\n]*\|")]
    private static partial Regex Captured();

    [GeneratedRegex(@"(^|\s)#", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"'[^']*'|""(\\.|[^""\\])*""")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"[?*!]")]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\b(jq|node|python3?|npm|npx)\b")]
    private static partial Regex Extra();

    [GeneratedRegex("""
        (?<id> \b (
            (?<guid> [0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12} | [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} )
            | (?<sha256> [0-9a-f]{64} ) | (?<token> [0-9a-f]{40} ) | (?<fingerprint> [0-9a-f]{16} ) ) \b )
        | (?<masked> \b [0-9a-f]{4}\.\.\.[0-9a-f]{4} \b )
        | (?<instant> \b \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z )
        | (?<date> \b \d{4}-\d\d-\d\d \b )
        | (?<milliseconds> \b \d{13} \b )
        | (?<request> \b [0-9A-Z]{13}:[0-9A-F]{8} \b )
        | whsec_ (?<secret> [A-Za-z0-9+/]{43}= )
        | (?<=^|\s) (?<path> /[\w./-]*\w )
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Generated();
}
