using Gatehouse.Platform;
using Gatehouse.Secrets;

namespace Gatehouse.Custody.Tokens;

/// <summary>
/// Issues a token for a lease: the first one, or one that takes the place of another. In this order: the intent is written,
/// the platform issues, the token's hash is recorded, the vault is given the token, the lease stands for it.
/// </summary>
/// <remarks>
/// Killed after the intent, or the platform: no lease names the token, and <see cref="LeaseReconciler"/> revokes it. After the
/// record, or the vault: the lease has it as incoming, and <see cref="LeaseReconciler"/> gives it to the vault (again), for a
/// consumer may already have read it there. A token that goes into the answer needs no vault: record and end are one commit.
/// </remarks>
internal sealed class TokenIssuer(
    IPlatform platform, ISecretVault vault, MasterTokens masters, CustodyRows rows, LeaseReconciler reconciler,
    CustodySettings settings, TimeProvider time)
{
    /// <summary>Issues a token.</summary>
    /// <param name="id">The application.</param>
    /// <param name="overlap">How long a token that is replaced works on.</param>
    /// <param name="timeout">How long to wait for somebody else who is changing the application's tokens.</param>
    /// <param name="begin">Of the application and the number of its tokens, the lease that is to have the token; null where
    /// nothing is to be done after all.</param>
    /// <param name="cancellation">Gives up before anything is begun.</param>
    public async Task<(Lease Lease, ApiToken Token)?> RunAsync(
        AppId id, TimeSpan overlap, TimeSpan timeout, Func<CustodyRecord, int, Lease?> begin,
        CancellationToken cancellation)
    {
        while (true)
        {
            var record = await reconciler.WaitForUnlockedAsync(id, timeout, cancellation)
                ?? throw CustodyException.ApplicationNotFound();
            if (record.State == CustodyState.Deleting) throw CustodyException.Deleting();
            var listed = await reconciler.ListAsync(id, cancellation);
            if (begin(record, listed.Count) is not { } lease) return null;
            var now = time.GetUtcNow();
            var window = new IssueWindow(
                [.. listed.Select(token => LeasedToken.HashOf(token.Token))], now, now + settings.LockTime);
            CustodySteps.Reached(CustodySteps.IssueLock);
            using var locked = await ApplicationLock.TryAcquireAsync(
                rows, record.With(lease) with { Lock = LockEntry.Begin(now, settings.LockTime, window) }, time, cancellation);
            if (locked is not null) return await locked.RunAsync(() => IssueAsync(locked, lease, overlap));
        }
    }

    private async Task<(Lease, ApiToken)?> IssueAsync(ApplicationLock locked, Lease lease, TimeSpan overlap)
    {
        var issued = await IssueAtPlatformAsync(locked, lease);
        var incoming = LeasedToken.Of(issued);
        if (lease.Delivery == TokenDelivery.Vault)
        {
            CustodySteps.Reached(CustodySteps.IssueRecord);
            await RecordAsync(
                locked,
                issued,
                record => record.Change(lease.Label, one => one.Expect(incoming, overlap)) with
                {
                    Lock = record.Lock! with { Issuing = null },
                });
            await DeliverAsync(locked, lease, issued);
            await AnnounceAsync(locked, lease, incoming);
            CustodySteps.Reached(CustodySteps.IssueRelease);
            await locked.ReleaseAsync(record => record.Change(lease.Label, one => one.Deliver(time.GetUtcNow())));
        }
        else
        {
            await AnnounceAsync(locked, lease, incoming);
            CustodySteps.Reached(CustodySteps.IssueRecord);
            await RecordAsync(
                locked,
                issued,
                record => record.Change(lease.Label, one => one.Expect(incoming, overlap).Deliver(time.GetUtcNow())) with
                {
                    Lock = null,
                });
        }
        var granted = locked.Record.Find(lease.Label)!;
        CustodySteps.Reached(CustodySteps.IssueAnswer);
        return granted.Revoking ? throw CustodyException.TokenNotFound() : (granted, issued.Token);
    }

    private async Task<IssuedToken> IssueAtPlatformAsync(ApplicationLock locked, Lease lease)
    {
        CustodySteps.Reached(CustodySteps.IssueAtPlatform);
        try
        {
            return await masters.UseAsync(locked.Id, master => platform.IssueTokenAsync(master, locked.Deadline), locked.Deadline);
        }
        catch (Exception e) when (e is PlatformException { IsRefusal: true } or VaultException or CustodyException)
        {
            // Nothing was issued. After any other failure something may have been, or may still be: then the intent stays.
            await locked.ReleaseAsync(record => record.Change(lease.Label, one => one.Current is null ? null : one));
            if (e is PlatformException { Code: PlatformException.TooManyCode })
                throw CustodyException.NoFreeSlot("The platform has no free slot for another API token.");
            throw;
        }
    }

    private async Task RecordAsync(ApplicationLock locked, IssuedToken issued, Func<CustodyRecord, CustodyRecord> change)
    {
        if (await locked.TryChangeAsync(change)) return;
        // Somebody has taken over and settled, perhaps before the platform had this token to show.
        await reconciler.RevokeAsync(locked.Id, issued.Token, locked.Deadline);
        throw CustodyException.Busy(settings.LockTime);
    }

    private async Task DeliverAsync(ApplicationLock locked, Lease lease, IssuedToken issued)
    {
        CustodySteps.Reached(CustodySteps.IssueDelivery);
        try
        {
            await vault.SetAsync(Leases.SecretName(locked.Id, lease.Label), issued.Token.Reveal(), locked.Deadline);
        }
        catch (VaultException)
        {
            // The vault may have it all the same. So a rotation is finished by the timer, not undone: the old token would be
            // right and the vault would say the new one. A new lease, which nobody was told of, is undone.
            await locked.ReleaseAsync(record => record.Change(
                lease.Label, one => one.Current is null ? one with { Revoking = true } : one));
            throw;
        }
    }

    private ValueTask AnnounceAsync(ApplicationLock locked, Lease lease, LeasedToken incoming) => lease.Current is null
        ? ValueTask.CompletedTask
        : reconciler.AnnounceAsync(CustodyEvent.Rotated(locked.Id, lease.Label, incoming.Id, time.GetUtcNow()), locked.Deadline);
}
