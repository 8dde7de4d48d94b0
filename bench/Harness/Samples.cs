using System.Globalization;

namespace Gatehouse.Bench.Harness;

/// <summary>The results of repeated runs of both sides, in pairs.</summary>
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
    /// The median of the pairs' ratios. A disturbance of the machine affects both runs of a pair, so it cancels out in the ratio.
    /// </summary>
    public double Ratio => Median(product.Zip(peer, (a, b) => a / b));

    /// <summary>
    /// The line of the table: both medians and the ratio, with the lowest and the highest ratio, which show how reliable it is.
    /// </summary>
    /// <param name="what">What was measured, with its unit.</param>
    /// <param name="format">The format of a figure.</param>
    /// <param name="target">The target; null if the line only explains another line.</param>
    /// <param name="isMet">Whether a ratio meets the target.</param>
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
