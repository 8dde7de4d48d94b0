using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>A fenced block of a document.</summary>
/// <param name="Document">The document, as a path from the solution's folder.</param>
/// <param name="Kind">The text after its first fence, such as <c>console</c>.</param>
/// <param name="Text">Its content, with the last line break.</param>
internal sealed partial record DocumentBlock(string Document, string Kind, string Text)
{
    /// <summary>Every document of the project.</summary>
    public static IReadOnlyList<string> Documents { get; } =
    [
        "README.md", "bench/README.md",
        .. Directory.GetFiles(Repository.PathOf("docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file)).Order(),
    ];

    /// <summary>The blocks of a document.</summary>
    public static IEnumerable<DocumentBlock> Of(string document) =>
        from Match block in Fenced().Matches(Repository.Read(document))
        select new DocumentBlock(document, block.Groups[1].Value, block.Groups[2].Value);

    /// <summary>Its commands, each with the answer on the next line.</summary>
    public IEnumerable<(string Command, string Answer)> Steps =>
        from Match step in Step().Matches(Text) select (step.Groups[1].Value, step.Groups[2].Value);

    [GeneratedRegex("^```([^\n]*)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"^\$ (.+)\n([^$\n].*)$", RegexOptions.Multiline)]
    private static partial Regex Step();
}
