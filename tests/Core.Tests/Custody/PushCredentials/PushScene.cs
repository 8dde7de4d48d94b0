using Gatehouse.Alerts;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.PushCredentials;
using Gatehouse.Platform;
using Gatehouse.Push;
using Gatehouse.Storage;
using static Gatehouse.Tests.Custody.CustodyScene;

namespace Gatehouse.Tests.Custody.PushCredentials;

/// <summary>Push credentials of an application in custody, over the embedded platform.</summary>
internal sealed class PushScene : IAsyncDisposable
{
    private PushScene(CustodyScene custody) => Custody = custody;

    public CustodyScene Custody { get; }

    public TestClock Clock => Custody.Clock;

    public ScriptedPlatform Platform => Custody.Platform;

    public AppId Id { get; private set; }

    public static async Task<PushScene> CreateAsync()
    {
        var scene = new PushScene(await CustodyScene.CreateAsync());
        scene.Id = await scene.CreateApplicationAsync("Harbour");
        return scene;
    }

    public async Task<AppId> CreateApplicationAsync(string name) =>
        (await Custody.Start().Applications.CreateAsync(name, CreationCall.Once(), None)).Id;

    /// <summary>The credentials as of another instance, optionally over another store.</summary>
    public ManagedPushCredentials Credentials(ITableStore? store = null) =>
        new(Platform, Custody.Start().Masters, store ?? Custody.Store, new Inspections(), Clock);

    /// <summary>The check as of another instance.</summary>
    public PushCredentialCheck Check() =>
        new(Platform, Custody.Start().Masters, Custody.Store, new AlertOutbox(Custody.Store), Clock);

    /// <summary>A certificate that is valid for a number of days from now on.</summary>
    public byte[] P12(
        CertificateKind kind = CertificateKind.Production, double days = 365, string bundleId = TestCertificates.BundleId)
    {
        using var certificate = TestCertificates.Certificate(
            kind, bundleId, Clock.GetUtcNow().AddDays(-400), Clock.GetUtcNow().AddDays(days));
        return TestCertificates.P12(certificate, password: null);
    }

    public CertificateUpload Upload(
        CertificateKind kind = CertificateKind.Production, double days = 365, string bundleId = TestCertificates.BundleId,
        bool? forProduction = null) => new(P12(kind, days, bundleId), null, forProduction, HasUnreadCountBadge: true);

    /// <summary>Registers a certificate, and returns its id.</summary>
    public async Task<string> AddAsync(CertificateUpload? upload = null, bool replaces = false, AppId? application = null) =>
        (await Credentials().AddCertificateAsync(application ?? Id, upload ?? Upload(), replaces, None)).Id!;

    /// <summary>Registers a certificate outside Gatehouse, so that only the platform knows it.</summary>
    public async Task<string> AddDirectlyAsync(CertificateUpload upload)
    {
        ReadOnlyMemory<byte>? file = upload.File;
        var registration = new CertificateRegistration(
            upload.ForProduction == false ? file : null, upload.ForProduction == false ? null : file, null, null,
            new ApnsOptions(true, false, false, ""));
        return (await Custody.Direct.AddPushConfigurationsAsync(await Custody.MasterAsync(Id), registration, None))[0];
    }

    /// <summary>The ids of the certificates that the platform has.</summary>
    public async Task<IReadOnlyList<string>> IdsAsync() =>
        [.. (await Custody.Direct.ListPushConfigurationsAsync(await Custody.MasterAsync(Id), PushType.Apns, None)).Select(one => one.Id)];

    public ValueTask DisposeAsync() => Custody.DisposeAsync();
}
