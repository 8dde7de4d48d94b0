using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>A fenced block of a document.</summary>
/// <param name="Document">The document, as a path from the solution's folder.</param>
/// <param name="Kind">The text after its first fence, such as <c>sh</c>.</param>
/// <param name="Text">Its content, with the last line break.</param>
/// <param name="Line">The line of its first fence.</param>
internal sealed partial record DocumentBlock(string Document, string Kind, string Text, int Line)
{
    /// <summary>Every document of the project.</summary>
    public static IReadOnlyList<string> Documents { get; } =
    [
        .. Directory.GetFiles(Repository.Root, "*.md").Select(file => Path.GetFileName(file)).Order(), "bench/README.md",
        .. Directory.GetFiles(Repository.PathOf("docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file)).Order(),
    ];

    /// <summary>The blocks of a document.</summary>
    public static IEnumerable<DocumentBlock> Of(string document)
    {
        var text = Repository.Read(document);
        return from Match block in Fenced().Matches(text)
               select new DocumentBlock(document, block.Groups[1].Value, block.Groups[2].Value, 1 + text.AsSpan(0, block.Index).Count('\n'));
    }

    /// <summary>
    /// The commands of a document, in its order: each block <c>sh</c>, with the lines of the block <c>json</c> after it. Without
    /// one, the commands print nothing.
    /// </summary>
    public static IEnumerable<(DocumentBlock Commands, string[] Answer)> StoryOf(string document)
    {
        var blocks = Of(document).ToList();
        return from index in Enumerable.Range(0, blocks.Count)
               where blocks[index].Kind == "sh"
               select (blocks[index], blocks.ElementAtOrDefault(index + 1) is { Kind: "json", Text: var answer }
                   ? answer.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                   : []);
    }

    [GeneratedRegex("^```([^\n]*)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fenced();
}
