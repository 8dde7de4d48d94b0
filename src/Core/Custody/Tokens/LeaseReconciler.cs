using Gatehouse.Access.Audit;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Telemetry;

namespace Gatehouse.Custody.Tokens;

/// <summary>Finishes or undoes half-done changes after a crash or a failure, and revokes expired tokens.</summary>
/// <remarks>
/// <para>A process can be killed after any step, and every step can be repeated: the record says what is to be done before
/// it is done, and forgets it afterwards.</para>
/// <para>The platform cannot tell an issued token from an earlier attempt. If a process is killed after the platform has
/// issued a token and before the record says so, a token is left that no lease names. So the lock, written before, holds the
/// hashes of the tokens that existed. Locks of an application never overlap: each replaces the record that was read before
/// the tokens were listed. A token that exists now, did not exist then, was issued during the lock and belongs to no lease,
/// was issued under the lock, and is revoked. Only a token that was issued outside Gatehouse at that very time would match
/// too. So if several tokens match, none is revoked, and an alert is raised.</para>
/// </remarks>
internal sealed class LeaseReconciler(
    IPlatform platform, ISecretVault vault, MasterTokens masters, CustodyRows rows, CustodySettings settings, TimeProvider time,
    CustodyAnnouncer? announce)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Waits until the application is not locked, repairs what an interrupted call has left, and returns the record; null
    /// if there is none.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.Busy"/>: the timeout has passed.</exception>
    public async Task<CustodyRecord?> WaitForUnlockedAsync(AppId id, TimeSpan timeout, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (await rows.FindAsync(id, cancellation) is { } record)
        {
            if (record.Lock is not { } entry) return record;
            var now = time.GetUtcNow();
            if (!entry.IsLive(now))
            {
                await TryReconcileAsync(id, cancellation);
                continue;
            }
            if (time.GetElapsedTime(began) >= timeout) throw CustodyException.Busy(entry.Until - now);
            await Task.Delay(PollInterval, time, cancellation);
        }
        return null;
    }

    /// <summary>
    /// Finishes what is unfinished; returns how many leases and tokens were revoked, or null where another call holds the
    /// lock.
    /// </summary>
    public async Task<int?> TryReconcileAsync(AppId id, CancellationToken cancellation)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            if (await rows.FindAsync(id, cancellation) is not { } record || !NeedsReconciling(record, now)) return 0;
            if (record.Lock?.IsLive(now) == true) return null;
            CustodySteps.Reached(CustodySteps.ReconcileLock);
            using var locked = await ApplicationLock.TryAcquireAsync(
                rows, record with { Lock = LockEntry.Begin(now, settings.LockTime, record.Lock?.Issuing) }, null, time, cancellation);
            if (locked is not null) return await locked.RunAsync(() => ReconcileAsync(locked));
        }
    }

    /// <summary>Deletes an application that is marked for deletion, then its data in custody.</summary>
    public async Task FinishDeletionAsync(ApplicationLock locked)
    {
        CustodySteps.Reached(CustodySteps.DeleteAtPlatform);
        try
        {
            await masters.UseAsync(locked.Id, master => DeleteAtPlatformAsync(master, locked.Deadline), locked.Deadline);
        }
        catch (PlatformException gone) when (gone.Code == PlatformException.ApplicationNotFoundCode)
        {
            // An interrupted call has deleted it already.
        }
        catch (CustodyException missing) when (missing.Fault == CustodyFault.MasterTokenMissing)
        {
            // The master token is removed only after the platform has confirmed the deletion.
        }
        CustodySteps.Reached(CustodySteps.DeleteInVault);
        foreach (var lease in locked.Record.Leases.Where(lease => lease.Delivery == TokenDelivery.Vault))
            await vault.DeleteAsync(Leases.SecretName(locked.Id, lease.Label), locked.Deadline);
        await masters.DeleteAsync(locked.Id, locked.Deadline);
        CustodySteps.Reached(CustodySteps.DeleteRecord);
        await locked.DeleteAsync();
        CustodySteps.Reached(CustodySteps.DeleteAnswer);
    }

    /// <summary>Revokes those tokens that the platform still has.</summary>
    public async Task RevokeAsync(
        AppId id, IEnumerable<LeasedToken> leased, IReadOnlyList<IssuedToken> listed, CancellationToken cancellation)
    {
        var hashes = leased.Select(token => token.Hash).ToHashSet();
        foreach (var token in listed.Where(token => hashes.Contains(LeasedToken.HashOf(token.Token))))
        {
            CustodySteps.Reached(CustodySteps.ReconcileRevocation);
            await RevokeAsync(id, token.Token, cancellation);
        }
    }

    /// <summary>Revokes a token, unless it was revoked already.</summary>
    public async Task RevokeAsync(AppId id, ApiToken token, CancellationToken cancellation)
    {
        try
        {
            await masters.UseAsync(id, master => platform.RevokeTokenAsync(master, token, cancellation), cancellation);
        }
        catch (PlatformException gone) when (gone.Code == PlatformException.NotFoundCode)
        {
        }
    }

    public async Task<IReadOnlyList<IssuedToken>> ListAsync(AppId id, CancellationToken cancellation)
    {
        var listed = await masters.UseAsync(id, master => platform.ListTokensAsync(master, cancellation), cancellation);
        Measures.SlotsUsed.Record(listed.Count);
        return listed;
    }

    public ValueTask AnnounceAsync(CustodyEvent happened, CancellationToken cancellation) =>
        announce is null ? ValueTask.CompletedTask : announce(happened, cancellation);

    private static bool NeedsReconciling(CustodyRecord record, DateTimeOffset now) =>
        record.Lock is not null || record.State == CustodyState.Deleting
        || record.Leases.Any(lease => lease.IsOver(now) || lease.Incoming is not null || lease.Retired(now).Any());

    /// <summary>The same under a lock that is held. The release of the lock ends the call.</summary>
    public async Task<int> ReconcileAsync(ApplicationLock locked, Func<CustodyRecord, CallRows>? end = null)
    {
        try
        {
            return await ReconcileLockedAsync(locked, end);
        }
        catch (Exception e) when (CustodyFailure.Is(e))
        {
            await locked.AbandonAsync();
            throw;
        }
    }

    private async Task<int> ReconcileLockedAsync(ApplicationLock locked, Func<CustodyRecord, CallRows>? end)
    {
        if (locked.Record.State == CustodyState.Deleting)
        {
            await FinishDeletionAsync(locked);
            return 0;
        }
        var now = time.GetUtcNow();
        var listed = await ListAsync(locked.Id, locked.Deadline);
        if (locked.Record.Lock?.Issuing is { } window) await ReconcileIssuingAsync(locked, window, listed, now);

        // All revocations at the platform come first: a vault that cannot answer must not keep an expired token alive.
        var over = locked.Record.Leases.Where(lease => lease.IsOver(now)).ToList();
        var retired = locked.Record.Leases.Except(over).SelectMany(lease => lease.Retired(now)).ToList();
        await RevokeAsync(locked.Id, over.SelectMany(lease => lease.Tokens), listed, locked.Deadline);
        await RevokeAsync(locked.Id, retired.Select(token => token.Token), listed, locked.Deadline);
        foreach (var lease in over) await WithdrawAsync(locked, lease, now);
        var ended = over.Select(lease => lease.Label).ToHashSet();
        foreach (var lease in locked.Record.Leases.Where(lease => lease.Incoming is not null && !ended.Contains(lease.Label)).ToList())
            await DeliverAsync(locked, lease, listed, now);
        // A delivery without overlap has retired one more.
        var late = locked.Record.Leases.Where(lease => !ended.Contains(lease.Label)).SelectMany(lease => lease.Retired(now)).Except(retired).ToList();
        await RevokeAsync(locked.Id, late.Select(token => token.Token), listed, locked.Deadline);
        retired.AddRange(late);

        CustodySteps.Reached(CustodySteps.ReconcileRelease);
        await locked.ReleaseAsync(
            record => record with
            {
                Leases = [.. record.Leases.Where(lease => !ended.Contains(lease.Label))
                    .Select(lease => lease with { Retiring = [.. lease.Retiring.Except(retired)] })],
            },
            end);
        return over.Count + retired.Count;
    }

    private async Task ReconcileIssuingAsync(
        ApplicationLock locked, IssueWindow window, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        var orphans = listed.Where(token => window.Covers(token) && !locked.Record.Manages(token.Token)).ToList();
        CustodySteps.Reached(CustodySteps.ReconcileOrphan);
        if (orphans.Count == 1) await RevokeAsync(locked.Id, orphans[0].Token, locked.Deadline);
        else if (orphans.Count > 1) await AnnounceAsync(CustodyEvent.Unexplained(locked.Id, window.From, now), locked.Deadline);
        CustodySteps.Reached(CustodySteps.ReconcileOrphanRecord);
        await locked.ChangeAsync(record => record with
        {
            Lock = record.Lock! with { Issuing = null },
            Leases = [.. record.Leases.Where(lease => lease.Tokens.Any())],
        });
    }

    // The release of the lock removes the lease.
    private async Task WithdrawAsync(ApplicationLock locked, Lease lease, DateTimeOffset now)
    {
        if (lease.Delivery == TokenDelivery.Vault)
        {
            CustodySteps.Reached(CustodySteps.ReconcileVault);
            await vault.DeleteAsync(Leases.SecretName(locked.Id, lease.Label), locked.Deadline);
        }
        if (!lease.Revoking && lease.Current is { } expired)
            await AnnounceAsync(CustodyEvent.Expired(locked.Id, lease.Label, expired.Id, now), locked.Deadline);
    }

    private async Task DeliverAsync(ApplicationLock locked, Lease lease, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        if (listed.FirstOrDefault(token => lease.Incoming!.Is(token.Token)) is not { } issued)
        {
            // It was revoked at the platform, outside Gatehouse.
            await locked.ChangeAsync(record => record.Change(
                lease.Label, one => one.Current is null ? one with { Revoking = true } : one with { Incoming = null }));
            return;
        }
        CustodySteps.Reached(CustodySteps.ReconcileVault);
        await vault.SetAsync(
            Leases.SecretName(locked.Id, lease.Label), issued.Token.Reveal(), CustodySecrets.Of(locked.Id, lease, issued.Token),
            locked.Deadline);
        if (lease.Current is not null)
            await AnnounceAsync(CustodyEvent.Rotated(locked.Id, lease.Label, lease.Incoming!.Id, now), locked.Deadline);
        CustodySteps.Reached(CustodySteps.ReconcileRecord);
        await locked.ChangeAsync(record => record.Change(lease.Label, one => one.Deliver(now)));
    }

    private async Task DeleteAtPlatformAsync(ApplicationCredential master, CancellationToken cancellation)
    {
        // Where one address serves many applications, a wrong token in the vault would delete another application.
        var application = await platform.ViewAsync(master, cancellation);
        if (application.Id != master.Application)
            throw CustodyException.MasterTokenRefused("The master token in the vault is another application's.");
        await platform.DeleteAsync(master, cancellation);
    }
}
