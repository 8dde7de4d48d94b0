using Gatehouse.Bench.Harness;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// The time from the start of the process to its first answer with 200, with the files in the operating system's cache: with an
/// existing data folder, and with a new one.
/// </summary>
internal sealed class StartTime : IFigure
{
    private const double Most = 1.5;
    private const int FirstStarts = 5;

    public string Name => "start";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        var estate = await rig.MakeEstateAsync(1, 10, cancellation);
        await ProductAsync(estate.DataFolder, estate.FirstToken);
        await PeerAsync();

        Samples starts = new(), firstStarts = new();
        for (var repetition = 0; repetition < rig.Options.Starts; repetition++)
            starts.Add(await ProductAsync(estate.DataFolder, estate.FirstToken), await PeerAsync());
        for (var repetition = 0; repetition < FirstStarts; repetition++)
            firstStarts.Add(await ProductAsync(rig.NewPath("data"), null), await PeerAsync());
        return
        [
            starts.Line("start to first answer, ms", "F0", $"<= {Most:F1}", ratio => ratio <= Most),
            firstStarts.Line("the first start of all, which makes the data folder, ms", "F0"),
        ];

        async Task<double> ProductAsync(string dataFolder, string? token)
        {
            await using var server = await rig.StartProductAsync(dataFolder, token, cancellation);
            return server.StartTime.TotalMilliseconds;
        }

        async Task<double> PeerAsync()
        {
            await using var server = await rig.StartPeerAsync(estate.Body, cancellation);
            return server.StartTime.TotalMilliseconds;
        }
    }
}
