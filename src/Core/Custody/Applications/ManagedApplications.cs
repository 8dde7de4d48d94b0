using Gatehouse.Access.Audit;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Custody.Applications;

/// <summary>The applications in custody: create, register, find, delete.</summary>
/// <remarks>
/// The master token of a created application is in the vault before the creation is answered. If the process is killed in
/// between, the application is left without custody, and <see cref="ApplicationSync"/> takes it in.
/// </remarks>
public sealed class ManagedApplications : IApplicationDirectory
{
    private readonly IPlatform platform;
    private readonly MasterTokens masters;
    private readonly CustodyRows rows;
    private readonly LeaseReconciler reconciler;
    private readonly CustodySettings settings;
    private readonly TimeProvider time;
    private readonly EarlierCreation earlier;

    /// <summary>The applications of a platform, with their master tokens in a vault.</summary>
    public ManagedApplications(
        IPlatform platform, ISecretVault vault, MasterTokens masters, ITableStore store, CustodySettings settings,
        TimeProvider time, CustodyAnnouncer? announce = null)
    {
        this.platform = platform;
        this.masters = masters;
        this.settings = settings;
        this.time = time;
        rows = new CustodyRows(store);
        earlier = new EarlierCreation(platform, rows);
        reconciler = new LeaseReconciler(platform, vault, masters, rows, settings, time, announce);
    }

    /// <summary>Creates an application and takes its master token into custody.</summary>
    /// <param name="name">1 to 128 bytes of UTF-8.</param>
    /// <param name="call">Identifies the call, so that a repeated call does not create a second application.</param>
    /// <param name="end">Ends the call; null where no call is recorded.</param>
    /// <param name="cancellation">Cancels, until the platform has answered.</param>
    /// <exception cref="CustodyException"><see cref="CustodyFault.CreationUnclear"/>: an earlier call may have created it, and
    /// it cannot be told which application that is.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer. The application is deleted again.</exception>
    public async Task<ManagedApplication> CreateAsync(
        string name, CreationCall call, CallEnd<ManagedApplication>? end, CancellationToken cancellation)
    {
        if (end is not null) await end.Call.StartAsync(cancellation);
        CustodySteps.Reached(CustodySteps.CreateAtPlatform);
        var application = call.TriedSince is { } since && await earlier.FindAsync(name, call.Id, since, cancellation) is { } found
            ? found
            : await platform.CreateAsync(name, cancellation);
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
        var record = await RecordAsync(application, call, end);
        CustodySteps.Reached(CustodySteps.CreateAnswer);
        return ManagedApplication.Of(record);
    }

    /// <summary>What <see cref="CreateAsync"/> would do. Changes nothing. The platform alone decides whether it takes the name.</summary>
    /// <exception cref="PlatformException">The name has not 1 to 128 bytes.</exception>
    public static IReadOnlyList<PlannedStep> PreviewCreation(string name)
    {
        Application.CheckName(name);
        return
        [
            new(PlannedAction.Create, "application", $"{name} is created at the platform."),
            new(PlannedAction.Store, "secret", "Its master token is stored in the vault."),
        ];
    }

    // The timer may have taken the application in meanwhile.
    private async Task<CustodyRecord> RecordAsync(Application application, CreationCall call, CallEnd<ManagedApplication>? end)
    {
        var record = CustodyRecord.Of(application) with { CreatedBy = call.Id };
        while (!await rows.TryInsertAsync(record, EndOf(record), CancellationToken.None))
        {
            if (await rows.FindAsync(application.Id, CancellationToken.None) is not { } found) continue;
            if (found.CreatedBy == call.Id) return found;
            if (found.CreatedBy is not null) throw CustodyException.CreationUnclear("Another call has taken the new application.");
            var own = found with { CreatedBy = call.Id };
            if (await rows.TryReplaceAsync(own, EndOf(own), CancellationToken.None) is { } replaced) return replaced;
        }
        return record;

        CallRows EndOf(CustodyRecord created) => end?.Of(ManagedApplication.Of(created), created.Partition) ?? default;
    }

    /// <summary>
    /// Takes an application into custody whose master token an operator has put into the vault, under
    /// <see cref="MasterTokens.SecretName"/>; or checks a token that was replaced there.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.MasterTokenMissing"/>;
    /// <see cref="CustodyFault.MasterTokenRefused"/> where the platform does not know the token, or it is another
    /// application's, or a secondary one; <see cref="CustodyFault.Deleting"/>.</exception>
    /// <exception cref="PlatformException">The platform cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<(ManagedApplication Application, bool IsNew)> RegisterAsync(AppId id, CancellationToken cancellation)
    {
        var application = await ViewAsMasterAsync(id, cancellation);
        while (true)
        {
            var found = await rows.FindAsync(id, cancellation);
            if (found?.State == CustodyState.Deleting) throw CustodyException.Deleting();
            if (found is null)
            {
                var record = CustodyRecord.Of(application);
                if (await rows.TryInsertAsync(record, default, cancellation)) return (ManagedApplication.Of(record), IsNew: true);
            }
            else if (await rows.TryReplaceAsync(found.As(application), default, cancellation) is { } replaced)
            {
                return (ManagedApplication.Of(replaced), IsNew: false);
            }
        }
    }

    /// <summary>What <see cref="RegisterAsync"/> would do. Changes nothing.</summary>
    /// <exception cref="CustodyException">As for <see cref="RegisterAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<IReadOnlyList<PlannedStep>> PreviewRegistrationAsync(AppId id, CancellationToken cancellation)
    {
        var application = await ViewAsMasterAsync(id, cancellation);
        var found = await rows.FindAsync(id, cancellation);
        if (found?.State == CustodyState.Deleting) throw CustodyException.Deleting();
        return found is null
            ? [new(PlannedAction.Adopt, $"application:{id}", $"{application.Name} is taken into custody.")]
            : [new(PlannedAction.Set, $"application:{id}", $"{application.Name} is in custody. Its name and its master token are noted again.")];
    }

    /// <summary>An application in custody; null if there is none.</summary>
    public async Task<ManagedApplication?> FindAsync(AppId id, CancellationToken cancellation) =>
        await rows.FindAsync(id, cancellation) is { } record ? ManagedApplication.Of(record) : null;

    /// <summary>The label of the lease of a token; null where it has none.</summary>
    public async Task<string?> FindLabelAsync(AppId id, ApiToken token, CancellationToken cancellation) =>
        await rows.FindAsync(id, cancellation) is { } record ? LeaseRules.Find(record, token.Fingerprint)?.Label : null;

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
        catch (CustodyException e) when (e.Fault is CustodyFault.MasterTokenMissing or CustodyFault.MasterTokenMalformed or CustodyFault.MasterTokenRefused)
        {
            return null;
        }
    }

    /// <summary>A page of the applications in custody, in the order of their ids.</summary>
    /// <param name="after">The next value of the page before; null for the first page.</param>
    /// <param name="limit">1 to 100.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<ManagedApplicationPage> ListAsync(AppId? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 100);
        var found = await rows.ReadAsync(after, limit + 1, ManagedApplication.Read, cancellation);
        return new ManagedApplicationPage([.. found.Take(limit)], found.Count > limit ? found[limit - 1].Id : null);
    }

    /// <summary>
    /// Deletes an application with all its data at the platform, then its data in custody: its tokens and its master token
    /// are removed from the vault once the platform has confirmed. The timer finishes what was begun.
    /// </summary>
    /// <param name="id">The application.</param>
    /// <param name="confirmation">Its name, as a confirmation.</param>
    /// <param name="cancellation">Cancels, if nothing has been begun.</param>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.WrongName"/>,
    /// <see cref="CustodyFault.Busy"/>, <see cref="CustodyFault.MasterTokenRefused"/>, <see cref="CustodyFault.TimedOut"/>.
    /// </exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task DeleteAsync(AppId id, string confirmation, CancellationToken cancellation)
    {
        await FindConfirmedAsync(id, confirmation, cancellation);
        while (await reconciler.WaitForUnlockedAsync(id, settings.LockTimeout, cancellation) is { } record)
        {
            CustodySteps.Reached(CustodySteps.DeleteMark);
            var marked = record with
            {
                State = CustodyState.Deleting,
                Lock = LockEntry.Begin(time.GetUtcNow(), settings.LockTime, null),
            };
            using var locked = await ApplicationLock.TryAcquireAsync(rows, marked, null, time, cancellation);
            if (locked is null) continue;
            await locked.RunAsync(() => DeleteAsync(locked));
            return;
        }
    }

    /// <summary>What <see cref="DeleteAsync(AppId, string, CancellationToken)"/> would do. Changes nothing.</summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.WrongName"/>,
    /// <see cref="CustodyFault.MasterTokenRefused"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<IReadOnlyList<PlannedStep>> PreviewDeletionAsync(AppId id, string confirmation, CancellationToken cancellation)
    {
        var found = await FindConfirmedAsync(id, confirmation, cancellation);
        IReadOnlyList<IssuedToken> listed;
        try
        {
            listed = await reconciler.ListAsync(id, cancellation);
        }
        catch (CustodyException missing) when (missing.Fault == CustodyFault.MasterTokenMissing)
        {
            return
            [
                new(PlannedAction.Remove, $"application:{id}",
                    $"{found.Name} is removed from custody. Nothing is deleted at the platform, because the vault has no master token."),
                .. found.Leases.SelectMany(lease => LeasePreview.Secret(id, lease)),
            ];
        }
        return
        [
            new(PlannedAction.Delete, $"application:{id}",
                $"{found.Name} is deleted at the platform, with its users, channels, messages and push credentials. It cannot be restored."),
            .. found.Leases.SelectMany(lease => LeasePreview.OfEnd(id, lease)),
            .. listed.Where(token => !found.Manages(token.Token)).Select(token => LeasePreview.OfUnmanaged(token.Token.Fingerprint)),
            new(PlannedAction.Remove, $"secret:{MasterTokens.SecretName(id)}", "The master token is removed from the vault."),
        ];
    }

    private async Task<CustodyRecord> FindConfirmedAsync(AppId id, string confirmation, CancellationToken cancellation)
    {
        var found = await rows.FindAsync(id, cancellation) ?? throw CustodyException.ApplicationNotFound();
        return string.Equals(found.Name, confirmation, StringComparison.Ordinal)
            ? found
            : throw new CustodyException(CustodyFault.WrongName, "The confirmation is not the application's name.");
    }

    private async Task<bool> DeleteAsync(ApplicationLock locked)
    {
        try
        {
            await reconciler.FinishDeletionAsync(locked);
            return true;
        }
        catch (Exception e) when (e is PlatformException { IsRefusal: true }
            or CustodyException { Fault: CustodyFault.MasterTokenRefused or CustodyFault.MasterTokenMalformed })
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

    // No caller knows of the application yet. If this fails, the sync takes it in later.
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

    // An operator may have just put the token into the vault.
    private Task<Application> ViewAsMasterAsync(AppId id, CancellationToken cancellation)
    {
        masters.Invalidate(id);
        return masters.UseAsync(id, master => ViewAsMasterAsync(master, cancellation), cancellation);
    }

    private async Task<Application> ViewAsMasterAsync(ApplicationCredential master, CancellationToken cancellation)
    {
        try
        {
            var application = await platform.ViewAsync(master, cancellation);
            if (application.Id != master.Application)
                throw CustodyException.MasterTokenRefused("The token in the vault is another application's.");
            // Only the master token may list tokens.
            await platform.ListTokensAsync(master, cancellation);
            return application with { Token = master.Token };
        }
        catch (PlatformException refusal) when (refusal.Code == PlatformException.NotAuthorizedCode)
        {
            throw CustodyException.MasterTokenRefused("The token in the vault is not the application's master token.", refusal);
        }
    }
}
