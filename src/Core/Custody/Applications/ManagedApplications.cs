using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Custody.Applications;

/// <summary>The applications in custody: created, registered, found, deleted.</summary>
/// <remarks>
/// The master token of a created application is in the vault before the creation is answered. A process that is killed
/// between the two leaves an application without custody, which <see cref="ApplicationSync"/> takes in.
/// </remarks>
public sealed class ManagedApplications : IApplicationDirectory
{
    private readonly IPlatform platform;
    private readonly MasterTokens masters;
    private readonly CustodyRows rows;
    private readonly LeaseReconciler reconciler;
    private readonly CustodySettings settings;
    private readonly TimeProvider time;

    /// <summary>Applications of a platform, whose master tokens are in a vault.</summary>
    public ManagedApplications(
        IPlatform platform, ISecretVault vault, MasterTokens masters, ITableStore store, CustodySettings settings,
        TimeProvider time, CustodyAnnouncer? announce = null)
    {
        this.platform = platform;
        this.masters = masters;
        this.settings = settings;
        this.time = time;
        rows = new CustodyRows(store);
        reconciler = new LeaseReconciler(platform, vault, masters, rows, settings, time, announce);
    }

    /// <summary>Creates an application and takes its master token into custody.</summary>
    /// <param name="name">1 to 128 bytes of UTF-8.</param>
    /// <param name="cancellation">Gives up, until the platform has answered.</param>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer. The application is deleted again.</exception>
    public async Task<ManagedApplication> CreateAsync(string name, CancellationToken cancellation)
    {
        CustodySteps.Reached(CustodySteps.CreateAtPlatform);
        var application = await platform.CreateAsync(name, cancellation);
        CustodySteps.Reached(CustodySteps.CreateInVault);
        try
        {
            await masters.StoreAsync(application.Id, application.Token, CancellationToken.None);
        }
        catch (VaultException)
        {
            await UndoAsync(application);
            throw;
        }
        CustodySteps.Reached(CustodySteps.CreateRecord);
        var record = CustodyRecord.Of(application);
        // Where it is there already, the timer has adopted the application meanwhile.
        await rows.TryInsertAsync(record, CancellationToken.None);
        CustodySteps.Reached(CustodySteps.CreateAnswer);
        return ManagedApplication.Of(record);
    }

    /// <summary>
    /// Takes an application into custody whose master token somebody has put into the vault, under
    /// <see cref="MasterTokens.SecretName"/>; or looks whether a token that was replaced there is good.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.MasterTokenMissing"/>;
    /// <see cref="CustodyFault.MasterTokenRefused"/> where the platform does not know the token, or it is another application's,
    /// or a secondary one; <see cref="CustodyFault.Deleting"/>.</exception>
    /// <exception cref="PlatformException">The platform cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<ManagedApplication> RegisterAsync(AppId id, CancellationToken cancellation)
    {
        masters.Invalidate(id);
        var application = await masters.UseAsync(id, master => ViewAsMasterAsync(master, cancellation), cancellation);
        while (true)
        {
            var found = await rows.FindAsync(id, cancellation);
            if (found?.State == CustodyState.Deleting) throw CustodyException.Deleting();
            if (found is null)
            {
                var record = CustodyRecord.Of(application);
                if (await rows.TryInsertAsync(record, cancellation)) return ManagedApplication.Of(record);
            }
            else if (await rows.TryReplaceAsync(found.As(application), cancellation) is { } replaced)
            {
                return ManagedApplication.Of(replaced);
            }
        }
    }

    /// <summary>An application in custody, or null.</summary>
    public async Task<ManagedApplication?> FindAsync(AppId id, CancellationToken cancellation) =>
        await rows.FindAsync(id, cancellation) is { } record ? ManagedApplication.Of(record) : null;

    /// <inheritdoc/>
    public async ValueTask<bool> ExistsAsync(AppId id, CancellationToken cancellation) =>
        await rows.FindAsync(id, cancellation) is not null;

    /// <inheritdoc/>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async ValueTask<ApiToken?> FindMasterTokenAsync(AppId id, CancellationToken cancellation)
    {
        if (!await ExistsAsync(id, cancellation)) return null;
        try
        {
            return await masters.UseAsync(id, master => Task.FromResult(master.Token), cancellation);
        }
        catch (CustodyException e) when (e.Fault is CustodyFault.MasterTokenMissing or CustodyFault.MasterTokenRefused)
        {
            return null;
        }
    }

    /// <summary>A page of the applications in custody, in the order of their ids.</summary>
    /// <param name="after">What the page before gave as its next; null for the first page.</param>
    /// <param name="limit">1 to 100.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ManagedApplicationPage> ListAsync(AppId? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 100);
        var records = await rows.ReadAsync(after, limit + 1, cancellation);
        return new ManagedApplicationPage(
            [.. records.Take(limit).Select(ManagedApplication.Of)], records.Count > limit ? records[limit - 1].Id : null);
    }

    /// <summary>
    /// Deletes an application with all it has at the platform, then what custody has of it: its tokens and its master token
    /// leave the vault when the platform has confirmed. What was begun is finished by the timer.
    /// </summary>
    /// <param name="id">The application.</param>
    /// <param name="confirmation">Its name, to confirm.</param>
    /// <param name="cancellation">Gives up, if nothing has been begun.</param>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.WrongName"/>,
    /// <see cref="CustodyFault.Busy"/>, <see cref="CustodyFault.MasterTokenRefused"/>, <see cref="CustodyFault.TimedOut"/>.
    /// </exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task DeleteAsync(AppId id, string confirmation, CancellationToken cancellation)
    {
        var found = await rows.FindAsync(id, cancellation) ?? throw CustodyException.ApplicationNotFound();
        if (!string.Equals(found.Name, confirmation, StringComparison.Ordinal))
            throw new CustodyException(CustodyFault.WrongName, "What was given to confirm is not the application's name.");
        while (await reconciler.WaitForUnlockedAsync(id, settings.LockTimeout, cancellation) is { } record)
        {
            CustodySteps.Reached(CustodySteps.DeleteMark);
            var marked = record with
            {
                State = CustodyState.Deleting,
                Lock = LockEntry.Begin(time.GetUtcNow(), settings.LockTime, null),
            };
            using var locked = await ApplicationLock.TryAcquireAsync(rows, marked, time, cancellation);
            if (locked is null) continue;
            await locked.RunAsync(() => DeleteAsync(locked));
            return;
        }
    }

    private async Task<bool> DeleteAsync(ApplicationLock locked)
    {
        try
        {
            await reconciler.FinishDeletionAsync(locked);
            return true;
        }
        catch (Exception e) when (e is PlatformException { IsRefusal: true }
            or CustodyException { Fault: CustodyFault.MasterTokenRefused })
        {
            // Nothing was deleted.
            await locked.ReleaseAsync(record => record with { State = CustodyState.Held });
            throw;
        }
        catch (Exception e) when (e is PlatformException or VaultException)
        {
            await locked.AbandonAsync();
            throw;
        }
    }

    // Nobody has been told of it; what cannot be undone is adopted later.
    private async Task UndoAsync(Application application)
    {
        try
        {
            await platform.DeleteAsync(new ApplicationCredential(application.Id, application.Token), CancellationToken.None);
            await masters.DeleteAsync(application.Id, CancellationToken.None);
        }
        catch (Exception e) when (CustodyFailure.Is(e))
        {
        }
    }

    private async Task<Application> ViewAsMasterAsync(ApplicationCredential master, CancellationToken cancellation)
    {
        try
        {
            var application = await platform.ViewAsync(master, cancellation);
            if (application.Id != master.Application)
                throw CustodyException.MasterTokenRefused("The token in the vault is another application's.");
            // Only the master token may.
            await platform.ListTokensAsync(master, cancellation);
            return application with { Token = master.Token };
        }
        catch (PlatformException refusal) when (refusal.Code == PlatformException.NotAuthorizedCode)
        {
            throw CustodyException.MasterTokenRefused("The token in the vault is not the application's master token.", refusal);
        }
    }
}
