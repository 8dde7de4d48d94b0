using System.Collections.Concurrent;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Platform.Embedded;
using Gatehouse.Push;
using Gatehouse.Secrets;
using Gatehouse.Secrets.Local;
using Gatehouse.Storage;
using Gatehouse.Storage.Sqlite;
using Gatehouse.Usage;

namespace Gatehouse.Tests.Custody;

/// <summary>One instance of custody: the state of one process.</summary>
internal sealed record CustodyInstance(MasterTokens Masters, ManagedApplications Applications, Leases Leases, ApplicationSync ApplicationSync)
{
    /// <summary>One run of both timers.</summary>
    public async Task<(ApplicationSyncRun ApplicationSync, LeaseRun Leases)> RunTimersAsync() =>
        (await ApplicationSync.RunAsync(askVault: false, CancellationToken.None), await Leases.RunAsync(CancellationToken.None));
}

/// <summary>The embedded platform, a store and a local vault in a folder, and instances of custody over them.</summary>
internal sealed class CustodyScene : IAsyncDisposable
{
    public static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryFolder? own;
    private readonly SqliteTableStore store;
    private readonly LocalVault localVault;

    private CustodyScene(string? path)
    {
        if (path is null) own = new TemporaryFolder();
        var folder = path ?? own!.Path;
        store = SqliteTableStore.Open(Path.Combine(folder, "store.db"));
        localVault = LocalVault.Open(Path.Combine(folder, "vault.db"), Path.Combine(folder, "vault.key"));
        Vault = new FaultyVault(localVault);
    }

    public TestClock Clock { get; } = new();

    /// <summary>No waiting for locks: tests do not wait where production would.</summary>
    public CustodySettings Settings { get; } = new() { LockTimeout = TimeSpan.Zero };

    public FaultyVault Vault { get; }

    /// <summary>The platform as custody sees it.</summary>
    public ScriptedPlatform Platform { get; private set; } = null!;

    /// <summary>The platform itself, without the script.</summary>
    public EmbeddedPlatform Direct { get; private set; } = null!;

    /// <summary>The announced events, one for each key.</summary>
    public ConcurrentDictionary<string, CustodyEvent> Announced { get; } = new();

    public SqliteTableStore Store => store;

    public LocalVault LocalVault => localVault;

    /// <summary>A scene in a new folder, or in an existing one.</summary>
    public static async Task<CustodyScene> CreateAsync(string? path = null)
    {
        var scene = new CustodyScene(path);
        var keys = new PlatformKeys();
        await keys.OpenAsync(scene.localVault, None);
        var access = new ApplicationAccess(scene.store);
        scene.Direct = new EmbeddedPlatform(
            access,
            new EmbeddedApplications(scene.store, access, keys, scene.Clock),
            new ApiTokens(scene.store, access, keys, scene.Clock),
            new PushConfigurations(scene.store, access, keys, new Inspections(), scene.Clock),
            new UsageStatistics(scene.store, scene.Clock));
        scene.Platform = new ScriptedPlatform(scene.Direct);
        return scene;
    }

    /// <summary>A caller that may rotate every token.</summary>
    public static readonly TokenCaller Owner = new("owner", ManagesOthers: true);

    /// <summary>A new instance, as after a restart.</summary>
    public CustodyInstance Start(ITableStore? over = null)
    {
        var rows = over ?? store;
        var masters = new MasterTokens(Vault, Clock, AnnounceAsync);
        return new CustodyInstance(
            masters,
            new ManagedApplications(Platform, Vault, masters, rows, Settings, Clock, AnnounceAsync),
            new Leases(Platform, Vault, masters, rows, Settings, Clock, AnnounceAsync),
            new ApplicationSync(Platform, Vault, masters, rows, Settings, Clock, AnnounceAsync));

        ValueTask AnnounceAsync(CustodyEvent happened, CancellationToken cancellation)
        {
            Announced.TryAdd(happened.Key, happened);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Lets every lock expire.</summary>
    public void PassLocks() => Clock.Advance(Settings.LockTime);

    public async Task<ApplicationCredential> MasterAsync(AppId id) => new(
        id, ApiToken.TryParse((await localVault.GetAsync(MasterTokens.SecretName(id), None))!.Reveal())!);

    /// <summary>The delivered token of a label, from the vault; null if there is none.</summary>
    public async Task<ApiToken?> DeliveredAsync(AppId id, string label) =>
        await localVault.GetAsync(Leases.SecretName(id, label), None) is { } secret ? ApiToken.TryParse(secret.Reveal()) : null;

    public async Task<Secret?> SecretAsync(string name) => await localVault.GetAsync(name, None);

    public async Task<bool> WorksAsync(AppId id, ApiToken token)
    {
        try
        {
            return (await Direct.ViewAsync(new ApplicationCredential(id, token), None)).Id == id;
        }
        catch (PlatformException refusal) when (refusal.Code is PlatformException.InvalidCredentialCode or PlatformException.ApplicationNotFoundCode)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<IssuedToken>> TokensAsync(AppId id) =>
        await Direct.ListTokensAsync(await MasterAsync(id), None);

    /// <summary>
    /// Asserts that nothing is unfinished: no application outside custody, no token without a lease except the given ones,
    /// no lease without its token, and every lease for the vault delivered.
    /// </summary>
    public async Task AssertReconciledAsync(params ApiToken[] unmanaged)
    {
        var instance = Start();
        var known = (await instance.Applications.ListAsync(null, 100, None)).Applications;
        var listed = (await Direct.ListAsync(100, null, None)).Applications;
        Assert.Equal(listed.Select(application => (application.Id, application.Name)), known.Select(application => (application.Id, application.Name)));
        foreach (var application in listed)
        {
            Assert.Equal(CustodyState.Held, known.Single(one => one.Id == application.Id).State);
            Assert.Equal(application.Token.Fingerprint, (await MasterAsync(application.Id)).Token.Fingerprint);
            await AssertReconciledAsync(application.Id, await instance.Leases.ListAsync(application.Id, None), unmanaged);
        }
    }

    private async Task AssertReconciledAsync(AppId id, TokenList list, ApiToken[] unmanaged)
    {
        Assert.True((await new CustodyRows(store).FindAsync(id, None))!.Lock is null, "An intent was left.");
        Assert.Equal(list.SlotsUsed, list.Tokens.Count);
        foreach (var token in list.Tokens)
        {
            if (token.State == TokenState.Unmanaged) Assert.Contains(token.TokenId, unmanaged.Select(one => one.Fingerprint));
            else Assert.True(token.State is TokenState.Active or TokenState.Retiring, $"{token}");
            if (token is { State: TokenState.Active, Delivery: TokenDelivery.Vault })
                Assert.Equal(token.TokenId, (await DeliveredAsync(id, token.Label!))?.Fingerprint);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        await localVault.DisposeAsync();
        own?.Dispose();
    }
}

/// <summary>Changes without the record of a call.</summary>
internal static class UnrecordedChanges
{
    public static Task<ManagedApplication> CreateAsync(
        this ManagedApplications applications, string name, CreationCall call, CancellationToken cancellation) =>
        applications.CreateAsync(name, call, null, cancellation);

    public static Task<GrantedToken> IssueAsync(
        this Leases leases, AppId id, LeaseRequest request, CancellationToken cancellation) =>
        leases.IssueAsync(id, request, null, cancellation);

    public static Task<GrantedToken> RotateAsync(
        this Leases leases, AppId id, string tokenId, TimeSpan overlap, TokenCaller caller, CancellationToken cancellation) =>
        leases.RotateAsync(id, tokenId, overlap, caller, null, cancellation);

    public static Task<string?> RevokeAsync(this Leases leases, AppId id, string tokenId, CancellationToken cancellation) =>
        leases.RevokeAsync(id, tokenId, null, cancellation);
}
