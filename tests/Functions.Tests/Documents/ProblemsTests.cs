using System.Text.RegularExpressions;
using Gatehouse.Custody;
using Gatehouse.Functions.Tests.Service;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>docs/facade.md lists every type of problem there is.</summary>
public sealed partial class ProblemsTests
{
    [Fact]
    public void The_table_of_problems_has_every_type_that_the_code_has_and_no_other()
    {
        var used = Directory.GetFiles(Path.Combine(Repository.Root, "src/Functions"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => TypeAndTitle().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .Concat(typeof(ProblemNames).GetFields().Select(name => (string)name.GetRawConstantValue()!))
            .Concat(Enum.GetValues<CustodyFault>().Select(ProblemNames.Of))
            .Distinct();

        Assert.Equal(used.Order(StringComparer.Ordinal), OpenApiTests.DocumentedProblems().Order(StringComparer.Ordinal));
    }

    // As in new(Conflict, "label-taken", "The label is taken.", ...
    [GeneratedRegex("new\\(\\s*[\\w.]+,\\s*\"([a-z]+(?:-[a-z]+)*)\",\\s*\"[A-Z]")]
    private static partial Regex TypeAndTitle();
}
