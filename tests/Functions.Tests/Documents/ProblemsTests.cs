using System.Text.RegularExpressions;
using Gatehouse.Custody;
using Gatehouse.Functions.Tests.Service;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>docs/facade.md lists every problem type.</summary>
public sealed partial class ProblemsTests
{
    [Fact]
    public void The_table_of_problems_lists_the_types_in_the_code() => Assert.Equal(
        typeof(ProblemNames).GetFields().Select(name => (string)name.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        OpenApiTests.DocumentedProblems().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_custody_fault_has_one_of_these_types() => Assert.All(
        Enum.GetValues<CustodyFault>(), fault => Assert.Contains(ProblemNames.Of(fault), OpenApiTests.DocumentedProblems()));

    [Fact]
    public void Each_problem_type_is_written_once_in_the_code() => Assert.Empty(
        Directory.GetFiles(Path.Combine(Repository.Root, "src/Functions"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => TypeAndTitle().Matches(File.ReadAllText(file)))
            .Select(match => match.Value));

    // As in new(Conflict, "label-taken", "The label is taken.", ...
    [GeneratedRegex("new\\(\\s*[\\w.]+,\\s*\"([a-z]+(?:-[a-z]+)*)\",\\s*\"[A-Z]")]
    private static partial Regex TypeAndTitle();
}
