using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>Something to be measured.</summary>
internal interface IFigure
{
    /// <summary>The name by which the command line asks for it.</summary>
    string Name { get; }

    /// <summary>Measures it.</summary>
    Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation);
}
