using System.Globalization;

namespace Gatehouse.Bench.Harness;

/// <summary>What repeated runs of both sides gave, pair by pair.</summary>
internal sealed class Samples
{
    private readonly List<double> product = [];
    private readonly List<double> peer = [];

    public void Add(double ofProduct, double ofPeer)
    {
        product.Add(ofProduct);
        peer.Add(ofPeer);
    }

    /// <summary>The product's median.</summary>
    public double Product => Median(product);

    /// <summary>The peer's median.</summary>
    public double Peer => Median(peer);

    /// <summary>
    /// The median of the ratios of each pair: what disturbs the machine for a while disturbs both runs of a pair, and falls
    /// out of their ratio.
    /// </summary>
    public double Ratio => Median(product.Zip(peer, (a, b) => a / b));

    /// <summary>
    /// The line of the table: both medians, and the ratio with the lowest and the highest that there were, which say how far
    /// one can trust it.
    /// </summary>
    /// <param name="what">What was measured, with its unit.</param>
    /// <param name="format">How to write a figure.</param>
    /// <param name="target">What was to be reached; null where the line is there to explain another.</param>
    /// <param name="isMet">Whether a ratio reaches it.</param>
    public ReportLine Line(string what, string format, string? target = null, Predicate<double>? isMet = null)
    {
        var ratios = product.Zip(peer, (a, b) => a / b).ToArray();
        return new(
            what,
            Product.ToString(format, CultureInfo.InvariantCulture),
            Peer.ToString(format, CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $"{Ratio:F2} ({ratios.Min():F2} to {ratios.Max():F2})"),
            target,
            isMet?.Invoke(Ratio) ?? true);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
