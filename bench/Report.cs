using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Gatehouse.Bench;

/// <summary>One line of the report: the figures of both sides, and the target.</summary>
/// <param name="What">What was measured, with its unit.</param>
/// <param name="Product">The product's figure.</param>
/// <param name="Peer">The peer's figure.</param>
/// <param name="Ratio">The ratio of the two.</param>
/// <param name="Target">The target; null if the line only explains another line.</param>
/// <param name="IsMet">Whether the target is met.</param>
internal sealed record ReportLine(string What, string Product, string Peer, string Ratio, string? Target = null, bool IsMet = true);

/// <summary>The table of all figures, as Markdown.</summary>
internal sealed class Report
{
    private const string Begin = "<!-- figures -->";
    private const string End = "<!-- /figures -->";

    private readonly List<ReportLine> lines = [];

    public void Add(IEnumerable<ReportLine> more) => lines.AddRange(more);

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
        string[][] cells =
        [
            ["", "Gatehouse", "peer", "ratio", "target", "met"],
            .. lines.Select(line => (string[])[
                line.What, line.Product, line.Peer, line.Ratio, line.Target ?? "", line.Target is null ? "" : line.IsMet ? "yes" : "**no**"]),
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
