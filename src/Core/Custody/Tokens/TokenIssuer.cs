using Gatehouse.Access.Audit;
using Gatehouse.Platform;
using Gatehouse.Secrets;

namespace Gatehouse.Custody.Tokens;

/// <summary>
/// Issues a token for a lease: the first one, or a replacement. In this order: the lock is written, the platform issues, the
/// token's hash is recorded, the token is stored in the vault, it becomes the lease's current token.
/// </summary>
/// <remarks>
/// Killed after the lock or the platform's answer: no lease names the token, and <see cref="LeaseReconciler"/> revokes it.
/// Killed after the record or the vault: the lease has it as its incoming token, and <see cref="LeaseReconciler"/> stores it
/// in the vault (again), because a consumer may already have read it there. A token in the response needs no vault: the
/// record and the release of the lock are one commit. Without overlap, the replaced token is revoked between the two: the
/// caller's only token must not be lost before the new one is recorded, and killed after that, the timer revokes the old one.
/// </remarks>
internal sealed class TokenIssuer(
    IPlatform platform, ISecretVault vault, MasterTokens masters, CustodyRows rows, LeaseReconciler reconciler,
    CustodySettings settings, TimeProvider time)
{
    /// <summary>Issues a token.</summary>
    /// <param name="id">The application.</param>
    /// <param name="overlap">How long a replaced token keeps working.</param>
    /// <param name="timeout">How long to wait for another call that is changing the application's tokens.</param>
    /// <param name="begin">Chooses the lease that gets the token, by the record and the number of tokens; null where nothing
    /// has to be done.</param>
    /// <param name="end">Ends the call; null where no call is recorded.</param>
    /// <param name="cancellation">Cancels, until something is begun.</param>
    public async Task<GrantedToken?> RunAsync(
        AppId id, TimeSpan overlap, TimeSpan timeout, Func<CustodyRecord, int, Lease?> begin, CallEnd<GrantedToken>? end,
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
                rows, record.With(lease) with { Lock = LockEntry.Begin(now, settings.LockTime, window) }, end?.Call, time, cancellation);
            if (locked is not null) return await locked.RunAsync(() => IssueAsync(locked, lease, overlap, listed, end));
        }
    }

    private async Task<GrantedToken?> IssueAsync(
        ApplicationLock locked, Lease lease, TimeSpan overlap, IReadOnlyList<IssuedToken> listed, CallEnd<GrantedToken>? end)
    {
        var issued = await IssueAtPlatformAsync(locked, lease);
        var incoming = LeasedToken.Of(issued, time.GetUtcNow());
        // Without overlap it is revoked under the same lock.
        var replaced = overlap == TimeSpan.Zero ? lease.Current : null;
        if (lease.Delivery == TokenDelivery.Vault)
        {
            CustodySteps.Reached(CustodySteps.IssueRecord);
            await RecordAsync(locked, issued, record => Hold(record.Change(lease.Label, one => one.Expect(incoming, overlap))));
            await DeliverAsync(locked, lease, issued);
            await AnnounceAsync(locked, lease, incoming);
            await ReleaseAsync(one => one.Deliver(time.GetUtcNow()));
        }
        else
        {
            await AnnounceAsync(locked, lease, incoming);
            CustodySteps.Reached(CustodySteps.IssueRecord);
            await RecordAsync(
                locked,
                issued,
                record => (replaced is null ? record with { Lock = null } : Hold(record)).Change(
                    lease.Label, one => one.Expect(incoming, overlap).Deliver(time.GetUtcNow())),
                replaced is null ? End : null);
        }
        var granted = locked.Record.Find(lease.Label)!;
        try
        {
            if (lease.Delivery == TokenDelivery.Response && replaced is not null) await ReleaseAsync(one => one);
        }
        catch (Exception e) when (CustodyFailure.Is(e) || e is OperationCanceledException)
        {
            // The response holds a token and must not be lost. The timer does the rest.
        }
        CustodySteps.Reached(CustodySteps.IssueAnswer);
        return granted.Revoking ? throw CustodyException.TokenNotFound() : Granted(locked.Id, granted, issued.Token);

        static CustodyRecord Hold(CustodyRecord record) => record with { Lock = record.Lock! with { Issuing = null } };

        async Task ReleaseAsync(Func<Lease, Lease> deliver)
        {
            var isRevoked = await TryRevokeAsync(locked, replaced, listed);
            CustodySteps.Reached(CustodySteps.IssueRelease);
            await locked.ReleaseAsync(
                record => record.Change(lease.Label, one => isRevoked ? deliver(one).Without(replaced) : deliver(one)), End);
        }

        CallRows End(CustodyRecord record) => record.Find(lease.Label) is { Revoking: false } one
            ? end?.Of(Granted(locked.Id, one, issued.Token), record.Partition) ?? default
            : default;
    }

    // If it fails, the timer revokes it, because its overlap has ended.
    private async Task<bool> TryRevokeAsync(ApplicationLock locked, LeasedToken? replaced, IReadOnlyList<IssuedToken> listed)
    {
        if (replaced is null) return false;
        try
        {
            await reconciler.RevokeAsync(locked.Id, [replaced], listed, locked.Deadline);
            return true;
        }
        catch (Exception e) when (CustodyFailure.Is(e) || e is OperationCanceledException)
        {
            return false;
        }
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
            // Nothing was issued. After any other failure a token may have been issued, or may still be: then the lock
            // stays.
            await locked.ReleaseAsync(record => record.Change(lease.Label, one => one.Current is null ? null : one));
            if (e is PlatformException { Code: PlatformException.TooManyCode })
                throw CustodyException.NoFreeSlot("The platform has no free slot for another API token.");
            throw;
        }
    }

    private async Task RecordAsync(
        ApplicationLock locked, IssuedToken issued, Func<CustodyRecord, CustodyRecord> change, Func<CustodyRecord, CallRows>? end = null)
    {
        if (await locked.TryChangeAsync(change, end)) return;
        // Another instance has taken over, perhaps before the platform listed this token.
        await reconciler.RevokeAsync(locked.Id, issued.Token, locked.Deadline);
        throw CustodyException.Busy(settings.LockTime);
    }

    private async Task DeliverAsync(ApplicationLock locked, Lease lease, IssuedToken issued)
    {
        CustodySteps.Reached(CustodySteps.IssueDelivery);
        try
        {
            await vault.SetAsync(
                Leases.SecretName(locked.Id, lease.Label), issued.Token.Reveal(), CustodySecrets.Of(locked.Id, lease, issued.Token),
                locked.Deadline);
        }
        catch (VaultException)
        {
            // The vault may have stored it all the same. So a rotation is finished by the timer, not undone: otherwise the
            // old token would be valid and the vault would hold the new one. A new lease, which no caller knows of, is
            // undone.
            await locked.ReleaseAsync(record => record.Change(
                lease.Label, one => one.Current is null ? one with { Revoking = true } : one));
            throw;
        }
    }

    private ValueTask AnnounceAsync(ApplicationLock locked, Lease lease, LeasedToken incoming) => lease.Current is null
        ? ValueTask.CompletedTask
        : reconciler.AnnounceAsync(CustodyEvent.Rotated(locked.Id, lease.Label, incoming.Id, time.GetUtcNow()), locked.Deadline);

    private static GrantedToken Granted(AppId application, Lease lease, ApiToken token)
    {
        var inVault = lease.Delivery == TokenDelivery.Vault;
        return new GrantedToken(
            inVault ? null : token, token.Fingerprint, lease.Label, inVault ? Leases.SecretName(application, lease.Label) : null,
            lease.Current!.IssuedAt, lease.ExpiresAt, lease.NextRotationAt, lease.Owner);
    }
}
