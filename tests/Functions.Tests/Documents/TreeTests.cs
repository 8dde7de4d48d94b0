using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>Compares the tree in docs/architecture.md with the folders of the project.</summary>
public sealed partial class TreeTests
{
    private static readonly string[] Generated = ["bin", "obj", "node_modules"];

    [Fact]
    public void The_tree_has_every_folder_of_code()
    {
        var folders = ((string[])["src", "tests", "bench"]).SelectMany(CodeFolders);

        Assert.Empty(folders.Except(Documented()));
    }

    [Fact]
    public void The_tree_has_only_folders_with_files_and_each_once()
    {
        var documented = Documented().ToList();

        Assert.Equal(documented.Distinct(), documented);
        Assert.DoesNotContain(documented, folder => !HasFile(Repository.PathOf(folder), "*"));
    }

    private static IEnumerable<string> Documented() => PathsOf(Tree());

    private static string Tree() =>
        DocumentBlock.Of("docs/architecture.md").Single(block => block.Text.StartsWith("src/ ", StringComparison.Ordinal)).Text;

    // A line is a folder, indented by two spaces for each folder that it is in, and what is in it.
    private static IEnumerable<string> PathsOf(string tree)
    {
        var parents = new Stack<string>();
        foreach (var line in tree.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var folder = Folder().Match(line);
            Assert.True(folder.Success, $"'{line}' is not a folder with a description.");
            while (parents.Count > folder.Groups[1].Length / 2) parents.Pop();
            parents.Push(parents.TryPeek(out var parent) ? $"{parent}/{folder.Groups[2].Value}" : folder.Groups[2].Value);
            yield return parents.Peek();
        }
    }

    // The folders with a C# file in them or below them.
    private static IEnumerable<string> CodeFolders(string folder) =>
        HasFile(Repository.PathOf(folder), "*.cs")
            ? Subfolders(Repository.PathOf(folder)).SelectMany(child => CodeFolders($"{folder}/{Path.GetFileName(child)}")).Prepend(folder)
            : [];

    private static bool HasFile(string path, string pattern) =>
        Directory.Exists(path) && (Directory.EnumerateFiles(path, pattern).Any() || Subfolders(path).Any(child => HasFile(child, pattern)));

    private static IEnumerable<string> Subfolders(string path) =>
        Directory.GetDirectories(path).Where(child => !Generated.Contains(Path.GetFileName(child)));

    [GeneratedRegex(@"^((?:  )*)([\w.-]+)/ +\S")]
    private static partial Regex Folder();
}
