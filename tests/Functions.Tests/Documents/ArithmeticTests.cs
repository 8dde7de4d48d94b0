using System.Data;
using System.Globalization;
using System.Text.RegularExpressions;
using Gatehouse.Tests;

namespace Gatehouse.Functions.Tests.Documents;

/// <summary>Recalculates the costs and limits in the operations guide.</summary>
public sealed partial class ArithmeticTests
{
    private static readonly string Guide = Repository.Read("docs/operations.md");

    [Fact]
    public void Every_calculation_has_the_documented_result()
    {
        var calculations = Calculation().Matches(Guide).Select(match => (Left: match.Groups[1].Value, Right: match.Groups[2].Value)).ToList();
        Assert.True(calculations.Count >= 15, "There are no calculations in the guide.");
        foreach (var (left, right) in calculations)
        {
            var expected = decimal.Parse(right.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            Assert.True(Math.Round(Evaluate(left), expected.Scale, MidpointRounding.AwayFromZero) == expected, $"{left} is {Evaluate(left)}, not {right}.");
        }
    }

    [Fact]
    public void The_cost_table_multiplies_the_cost_of_one_application_and_adds_up()
    {
        var rows = (from Match row in CostRow().Matches(Guide)
                    select (Name: row.Groups[1].Value, Costs: row.Groups.Values.Skip(2).Select(cost => Number(cost.Value)).ToArray())).ToList();
        var (parts, together) = (rows[..^1], rows[^1]);
        Assert.Equal(("fixed", "**together**"), (parts[0].Name, together.Name));
        for (var column = 0; column < 3; column++) Assert.Equal(together.Costs[column], parts.Sum(part => part.Costs[column]));

        var each = (from Match calculation in Calculation().Matches(Guide)
                    let cost = Number(calculation.Groups[2].Value)
                    where cost is < 0.01m and > 0
                    select cost).ToList();
        Assert.Equal(each.Count, parts.Count - 1);
        foreach (var (cost, part) in each.Zip(parts.Skip(1)))
            Assert.Equal([Rounded(10 * cost), Rounded(1_000 * cost), Rounded(100_000 * cost)], part.Costs);
    }

    // Removes units and words; arithmetic remains.
    private static decimal Evaluate(string text) => Convert.ToDecimal(
        new DataTable().Compute(
            Words().Replace(text.Replace(",", "", StringComparison.Ordinal).Replace('×', '*').Replace('÷', '/'), ""), null),
        CultureInfo.InvariantCulture);

    private static decimal Rounded(decimal cost) => Math.Round(cost, 2, MidpointRounding.AwayFromZero);

    private static decimal Number(string text) => decimal.Parse(text.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"`([^`=]*[×÷+][^`=]*) = \$?([\d.,]+)`")]
    private static partial Regex Calculation();

    [GeneratedRegex(@"^\| ([^|]+) \| ([\d,]+\.\d\d) \| ([\d,]+\.\d\d) \| ([\d,]+\.\d\d) \|$", RegexOptions.Multiline)]
    private static partial Regex CostRow();

    [GeneratedRegex(@"\$|[A-Za-z]+(-[a-z]+)?")]
    private static partial Regex Words();
}
