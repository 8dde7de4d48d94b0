using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Compares the picture in docs/architecture.md with the folders of src. A folder's box is named by its path, with _ for /; boxes of
/// other things have names in lower case.
/// </summary>
public sealed partial class PictureTests
{
    // Every other folder of src/Core uses them.
    private static readonly string[] Everywhere = ["Core/Common", "Core/Telemetry"];

    private static readonly string Picture = DocumentBlock.Of("docs/architecture.md").Single(block => block.Kind == "mermaid").Text;

    private static List<(string Name, string Label)> Boxes =>
        [.. from Match box in Box().Matches(Picture) select (box.Groups[1].Value.Replace('_', '/'), box.Groups[2].Value)];

    [Fact]
    public void The_picture_has_every_folder_of_src_and_of_src_Core_and_no_other()
    {
        string[] folders = [.. Folders("src"), .. Folders("src/Core").Select(folder => $"Core/{folder}").Except(Everywhere)];

        Assert.Equal(folders.Order(StringComparer.Ordinal), Boxes.Select(box => box.Name).Where(name => char.IsUpper(name[0])).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_folder_s_box_begins_with_the_folder_s_name() => Assert.All(
        Boxes.Where(box => char.IsUpper(box.Name[0])),
        box => Assert.StartsWith(box.Name.Contains('/') ? box.Name.Split('/')[^1] : $"src/{box.Name}", box.Label, StringComparison.Ordinal));

    [Fact]
    public void Every_arrow_is_between_boxes_of_the_picture()
    {
        var names = Boxes.Select(box => box.Name).ToHashSet();
        foreach (Match arrow in Arrow().Matches(Picture))
            Assert.All(End().Matches(arrow.Value), end => Assert.Contains(end.Groups[1].Value.Replace('_', '/'), names));
    }

    private static IEnumerable<string> Folders(string path) =>
        from folder in Directory.GetDirectories(Repository.PathOf(path))
        let name = Path.GetFileName(folder)
        where name is not ("bin" or "obj")
        select name;

    [GeneratedRegex(@"(?:^ *(?:subgraph )?|--> *|\| *)(\w+)[[(]+""([^""]+)""", RegexOptions.Multiline)]
    private static partial Regex Box();

    [GeneratedRegex("^.*-->.*$", RegexOptions.Multiline)]
    private static partial Regex Arrow();

    [GeneratedRegex(@"(?:^ *|-->(?:\|""[^""]*""\|)? *)(\w+)")]
    private static partial Regex End();
}
