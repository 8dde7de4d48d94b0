namespace Gatehouse.Bench.Harness;

/// <summary>What is compared.</summary>
internal enum Side
{
    /// <summary>Gatehouse, as it lies in the working tree.</summary>
    Product,

    /// <summary>What it is compared with.</summary>
    Peer,

    /// <summary>Gatehouse at the commit of <c>--against</c>.</summary>
    Other,
}
