using Gatehouse.Platform;
using Gatehouse.Storage;

namespace Gatehouse.Custody;

/// <summary>The applications in custody: created, registered, found, deleted.</summary>
/// <remarks>
/// The master token of a created application is in the vault before the creation is answered. A process that is killed
/// between the two leaves an application without custody, which <see cref="Adoption"/> takes in.
/// </remarks>
public sealed class KnownApplications : IApplicationDirectory
{
    private readonly IPlatform platform;
    private readonly MasterTokens masters;
    private readonly CustodyRows rows;
    private readonly Settlement settlement;
    private readonly CustodySettings settings;
    private readonly TimeProvider time;

    /// <summary>Applications of a platform, whose master tokens are in a vault.</summary>
    public KnownApplications(
        IPlatform platform, ISecretVault vault, MasterTokens masters, ITableStore store, CustodySettings settings,
        TimeProvider time, CustodyAnnouncer? announce = null)
    {
        this.platform = platform;
        this.masters = masters;
        this.settings = settings;
        this.time = time;
        rows = new CustodyRows(store);
        settlement = new Settlement(platform, vault, masters, rows, settings, time, announce);
    }

    /// <summary>Creates an application and takes its master token into custody.</summary>
    /// <param name="name">1 to 128 bytes of UTF-8.</param>
    /// <param name="cancellation">Gives up, until the platform has answered.</param>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer. The application is deleted again.</exception>
    public async Task<KnownApplication> CreateAsync(string name, CancellationToken cancellation)
    {
        CustodySteps.Reached(CustodySteps.CreateAtPlatform);
        var application = await platform.CreateAsync(name, cancellation);
        CustodySteps.Reached(CustodySteps.CreateInVault);
        try
        {
            await masters.KeepAsync(application.Id, application.Token, CancellationToken.None);
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
        return KnownApplication.Of(record);
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
    public async Task<KnownApplication> RegisterAsync(ApplicationId id, CancellationToken cancellation)
    {
        masters.Refresh(id);
        var application = await masters.UseAsync(id, master => ViewAsMasterAsync(master, cancellation), cancellation);
        while (true)
        {
            var found = await rows.FindAsync(id, cancellation);
            if (found?.State == CustodyState.Deleting) throw CustodyException.Deleting();
            if (found is null)
            {
                var record = CustodyRecord.Of(application);
                if (await rows.TryInsertAsync(record, cancellation)) return KnownApplication.Of(record);
            }
            else if (await rows.TryReplaceAsync(found.As(application), cancellation) is { } replaced)
            {
                return KnownApplication.Of(replaced);
            }
        }
    }

    /// <summary>An application in custody, or null.</summary>
    public async Task<KnownApplication?> FindAsync(ApplicationId id, CancellationToken cancellation) =>
        await rows.FindAsync(id, cancellation) is { } record ? KnownApplication.Of(record) : null;

    /// <inheritdoc/>
    public async ValueTask<bool> ExistsAsync(ApplicationId id, CancellationToken cancellation) =>
        await rows.FindAsync(id, cancellation) is not null;

    /// <inheritdoc/>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async ValueTask<ApiToken?> FindMasterTokenAsync(ApplicationId id, CancellationToken cancellation)
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
    public async Task<KnownApplicationPage> ListAsync(ApplicationId? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 100);
        var records = await rows.ReadAsync(after, limit + 1, cancellation);
        return new KnownApplicationPage(
            [.. records.Take(limit).Select(KnownApplication.Of)], records.Count > limit ? records[limit - 1].Id : null);
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
    public async Task DeleteAsync(ApplicationId id, string confirmation, CancellationToken cancellation)
    {
        var found = await rows.FindAsync(id, cancellation) ?? throw CustodyException.ApplicationNotFound();
        if (!string.Equals(found.Name, confirmation, StringComparison.Ordinal))
            throw new CustodyException(CustodyFault.WrongName, "What was given to confirm is not the application's name.");
        while (await settlement.AwaitTurnAsync(id, settings.Patience, cancellation) is { } record)
        {
            CustodySteps.Reached(CustodySteps.DeleteMark);
            var marked = record with
            {
                State = CustodyState.Deleting,
                Intent = Intent.Begin(time.GetUtcNow(), settings.IntentTime, null),
            };
            using var held = await HeldApplication.TryTakeAsync(rows, marked, time, cancellation);
            if (held is null) continue;
            await held.WorkAsync(() => DeleteAsync(held));
            return;
        }
    }

    private async Task<bool> DeleteAsync(HeldApplication held)
    {
        try
        {
            await settlement.FinishDeletionAsync(held);
            return true;
        }
        catch (Exception e) when (e is PlatformException { IsRefusal: true }
            or CustodyException { Fault: CustodyFault.MasterTokenRefused })
        {
            // Nothing was deleted.
            await held.ReleaseAsync(record => record with { State = CustodyState.Held });
            throw;
        }
        catch (Exception e) when (e is PlatformException or VaultException)
        {
            await held.AbandonAsync();
            throw;
        }
    }

    // Nobody has been told of it; what cannot be undone is adopted later.
    private async Task UndoAsync(Application application)
    {
        try
        {
            await platform.DeleteAsync(new ApplicationCredential(application.Id, application.Token), CancellationToken.None);
            await masters.ForgetAsync(application.Id, CancellationToken.None);
        }
        catch (Exception e) when (Settlement.IsFailure(e))
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
