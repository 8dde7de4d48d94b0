using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Gatehouse.Bench;

/// <summary>One line of the report. An empty text means that there is nothing to say.</summary>
/// <param name="What">What was measured, with its unit.</param>
internal sealed record ReportLine(string What)
{
    /// <summary>The product's figure.</summary>
    public string Product { get; init; } = "";

    /// <summary>The peer's figure.</summary>
    public string Peer { get; init; } = "";

    /// <summary>The ratio of the product's figure to the peer's.</summary>
    public string Ratio { get; init; } = "";

    /// <summary>The figure of the other commit.</summary>
    public string Other { get; init; } = "";

    /// <summary>The ratio of the product's figure to the other commit's.</summary>
    public string OtherRatio { get; init; } = "";

    /// <summary>The target; empty if the line only explains another line.</summary>
    public string Target { get; init; } = "";

    /// <summary>Whether the target is met. Null for a line without a target.</summary>
    public bool? IsMet { get; init; }
}

/// <summary>The table of all figures, as Markdown.</summary>
/// <param name="against">The commit that was compared; null for none.</param>
internal sealed class Report(string? against)
{
    private const string Begin = "<!-- figures -->";
    private const string End = "<!-- /figures -->";

    private readonly List<ReportLine> lines = [];

    /// <summary>Adds the lines of a figure.</summary>
    public Report Add(IEnumerable<ReportLine> more)
    {
        lines.AddRange(more);
        return this;
    }

    /// <summary>Puts the table into a file, between the two comments that mark its place.</summary>
    public void WriteTo(string file)
    {
        var text = File.ReadAllText(file);
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < Begin.Length || end < begin) throw new BenchException($"{file} has no place for the table: {Begin} and {End}.");
        File.WriteAllText(file, $"{text[..begin]}\n{this}\n{text[end..]}");
    }

    public override string ToString()
    {
        string[] others = against is null ? [] : [against, $"ratio to {against}"];
        string[][] cells =
        [
            ["", "Gatehouse", "peer", "ratio", .. others, "target", "met"],
            .. lines.Select(line => (string[])[
                line.What, line.Product, line.Peer, line.Ratio, .. against is null ? [] : (string[])[line.Other, line.OtherRatio],
                line.Target, line.IsMet switch { null => "", true => "yes", false => "**no**" }]),
        ];
        var widths = Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in cells)
        {
            text.Append('|').AppendJoin('|', row.Select((cell, column) => $" {cell.PadRight(widths[column])} ")).Append("|\n");
            if (row == cells[0]) text.Append('|').AppendJoin('|', widths.Select(width => new string('-', width + 2))).Append("|\n");
        }
        return text.Append($"\n{DateTime.UtcNow:yyyy-MM-dd}, {Machine}.").ToString();
    }

    private static string Machine => string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} cores ({RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}), "
        + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
}
