using System.Reflection;
using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>
/// Each stand-in has the public types and members that <c>standins/README.md</c> lists, which are those of the official
/// packages, and no other: one more would build here, and not against them.
/// </summary>
public sealed partial class StandInTests
{
    public static TheoryData<string> StandIns =>
        [.. Directory.GetDirectories(Path.Combine(Repository.Root, "standins")).Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(StandIns))]
    public void A_stand_in_s_public_surface_is_the_one_that_is_listed(string name)
    {
        var surface = PublicSurface.Of(Assembly.Load($"Gatehouse.StandIns.{name}"));
        var listed = Listed(name);

        Assert.Equal(surface.Keys.Order(StringComparer.Ordinal), listed.Keys.Order(StringComparer.Ordinal));
        foreach (var (type, members) in surface)
        {
            Assert.True(
                members.Order(StringComparer.Ordinal).SequenceEqual(listed[type].Order(StringComparer.Ordinal)),
                $"{type} is not as listed, but: {string.Join(", ", members.Select(member => $"`{member}`"))}");
        }
    }

    // The table of the section whose heading is the stand-in's name: a type, then what it is and its members.
    private static Dictionary<string, string[]> Listed(string name)
    {
        var section = Repository.Read("standins/README.md").Split($"\n## {name}\n")[1].Split("\n## ")[0];
        var root = Heading().Match(section).Groups[1].Value;
        var table = section[section.IndexOf("| type, under", StringComparison.Ordinal)..].Split("\n\n")[0];
        return Row().Matches(table).ToDictionary(
            row => $"{root}.{row.Groups[1].Value}",
            row => Code().Matches(row.Groups[2].Value).Select(code => code.Groups[1].Value).ToArray());
    }

    [GeneratedRegex(@"^\| type, under `([\w.]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| `([\w.+]+)` \| ([^|]*) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
