using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>A measurement.</summary>
internal interface IFigure
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>Measures it.</summary>
    Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation);
}
