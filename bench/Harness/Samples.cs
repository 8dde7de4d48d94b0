using System.Globalization;

namespace Gatehouse.Bench.Harness;

/// <summary>The results of repeated runs of the sides, in turns.</summary>
internal sealed class Samples
{
    private readonly Dictionary<Side, List<double>> values = [];

    /// <summary>Adds the result of a run.</summary>
    public void Add(Side side, double value)
    {
        if (!values.TryGetValue(side, out var list)) values[side] = list = [];
        list.Add(value);
    }

    /// <summary>Whether a side was measured.</summary>
    public bool Has(Side side) => values.ContainsKey(side);

    /// <summary>A side's median.</summary>
    public double Of(Side side) => Median(values[side]);

    /// <summary>
    /// The median of the ratios of the product's runs and another side's. A disturbance of the machine affects both runs of a turn, so
    /// it cancels out in the ratio.
    /// </summary>
    public double Ratio(Side side) => Median(Ratios(side));

    /// <summary>
    /// The line of the table: the medians and the ratios, each with the lowest and the highest, which show how reliable it is.
    /// </summary>
    /// <param name="what">What was measured, with its unit.</param>
    /// <param name="format">The format of a figure.</param>
    /// <param name="targets">The targets; none if the line only explains another line.</param>
    public ReportLine Line(string what, string format, params IEnumerable<Target> targets)
    {
        var applicable = targets.Where(target => target.Needs is not { } side || Has(side)).ToList();
        return new(what)
        {
            Product = Text(Side.Product, format),
            Peer = Text(Side.Peer, format),
            Ratio = RatioText(Side.Peer),
            Other = Text(Side.Other, format),
            OtherRatio = RatioText(Side.Other),
            Target = string.Join(", ", applicable.Select(target => target.Text)),
            IsMet = applicable.Count == 0 ? null : applicable.All(target => target.IsMet(this)),
        };
    }

    private List<double> Ratios(Side side) => [.. values[Side.Product].Zip(values[side], (a, b) => a / b)];

    private string Text(Side side, string format) => Has(side) ? Of(side).ToString(format, CultureInfo.InvariantCulture) : "";

    private string RatioText(Side side)
    {
        if (!Has(side) || !Has(Side.Product)) return "";
        var ratios = Ratios(side);
        // Nothing against nothing.
        if (ratios.Exists(ratio => !double.IsFinite(ratio))) return "";
        return ratios.Count == 1
            ? ratios[0].ToString("F2", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):F2} ({ratios.Min():F2} to {ratios.Max():F2})");
    }

    private static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>A target of a line.</summary>
/// <param name="Text">The target in the table.</param>
/// <param name="Needs">The side that must have been measured; null for none.</param>
/// <param name="IsMet">Whether the samples meet it.</param>
internal sealed record Target(string Text, Side? Needs, Predicate<Samples> IsMet)
{
    /// <summary>A ratio to the peer that must be reached.</summary>
    public static Target AtLeast(double ratio) =>
        new(string.Create(CultureInfo.InvariantCulture, $">= {ratio}"), Side.Peer, samples => samples.Ratio(Side.Peer) >= ratio);

    /// <summary>A ratio to the peer that must not be exceeded.</summary>
    public static Target AtMost(double ratio) =>
        new(string.Create(CultureInfo.InvariantCulture, $"<= {ratio}"), Side.Peer, samples => samples.Ratio(Side.Peer) <= ratio);

    /// <summary>A value of the product that must not be exceeded.</summary>
    public static Target ValueAtMost(double value) =>
        new(string.Create(CultureInfo.InvariantCulture, $"<= {value}"), null, samples => samples.Of(Side.Product) <= value);

    /// <summary>A value of the product that must be reached.</summary>
    public static Target ValueAtLeast(double value) =>
        new(string.Create(CultureInfo.InvariantCulture, $">= {value}"), null, samples => samples.Of(Side.Product) >= value);

    /// <summary>How many times the rate of the other commit.</summary>
    public static Target TimesTheOther(double times) => new(
        string.Create(CultureInfo.InvariantCulture, $">= {times} x the other"), Side.Other, samples => samples.Ratio(Side.Other) >= times);
}
