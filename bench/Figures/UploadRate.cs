using System.Text;
using Gatehouse.Bench.Harness;
using Gatehouse.Tests;

namespace Gatehouse.Bench.Figures;

/// <summary>
/// Uploads of push certificates (.p12) to <c>/v3</c>, one at a time, and what <c>view</c> keeps of its rate while ten run at once. The
/// peer of the uploads is a bare server that opens the file with .NET.
/// </summary>
internal sealed class UploadRate : IFigure
{
    // An application has room for 50 certificates.
    private const int Applications = 4000;
    private const int AtOnce = 10;
    private const string Boundary = "gatehouse-bench";

    public string Name => "uploads";

    public async Task<IReadOnlyList<ReportLine>> MeasureAsync(Rig rig, CancellationToken cancellation)
    {
        await using var servers = new Servers(rig);
        var form = rig.NewPath("form");
        await File.WriteAllBytesAsync(form, Form(), cancellation);
        List<LoadedSide> alone = [], views = [];
        foreach (var build in rig.Gatehouses)
        {
            var estate = await Estate.OfPlatformAsync(rig, build, Applications, 1, cancellation);
            var server = await servers.StartGatehouseAsync(build, Servers.Settings(estate.DataFolder), cancellation);
            alone.Add(new LoadedSide(build.Side, server, Uploads(estate.Credentials, 1)));
            views.Add(new LoadedSide(build.Side, server, new Requests(estate.Credentials)));
        }
        alone.Insert(1, new LoadedSide(
            Side.Peer, await servers.StartPeerAsync(["open", TestCertificates.Password], cancellation), alone[0].Requests));
        // The peer is the product itself without uploads.
        views.Insert(1, views[0] with { Side = Side.Peer });

        var uploads = await LoadRuns.MeasureAsync(rig, alone, cancellation);
        var besides = new Beside($"uploads/s, {AtOnce} at once beside it", async (side, seconds, cancel) =>
            side.Side == Side.Peer ? 0 : (await Wrk.RunAsync(side.Address, Uploads(side.Requests.Credentials, AtOnce), seconds, cancel)).PerSecond);
        var beside = await LoadRuns.MeasureAsync(rig, views, cancellation, besides);
        return
        [
            .. uploads.Lines("upload of a .p12, one at a time; peer: .NET opens the file", new LoadTargets()),
            .. beside.Lines($"view with {AtOnce} uploads at once beside it; peer: without", new LoadTargets()),
        ];

        Requests Uploads(string tokens, int connections) => new(tokens)
        {
            Path = "/v3/applications/push/apns",
            Body = form,
            ContentType = $"multipart/form-data; boundary={Boundary}",
            Connections = connections,
        };
    }

    private static byte[] Form() =>
    [
        .. Text($"--{Boundary}\r\nContent-Disposition: form-data; name=\"apns_cert_password\"\r\n\r\n{TestCertificates.Password}\r\n"),
        .. Text($"--{Boundary}\r\nContent-Disposition: form-data; name=\"apns_cert_production\"; filename=\"push.p12\"\r\n"),
        .. Text("Content-Type: application/x-pkcs12\r\n\r\n"), .. TestCertificates.P12(CertificateKind.Production),
        .. Text($"\r\n--{Boundary}--\r\n"),
    ];

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
