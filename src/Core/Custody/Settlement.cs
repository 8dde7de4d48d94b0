using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Custody;

/// <summary>
/// Brings an application to rest: finishes or undoes what a crash or a failure left half done, and revokes what is over.
/// </summary>
/// <remarks>
/// <para>Every step may be the last of a killed process, and may be done again: the record says what is to be done before
/// anything is done, and forgets it afterwards.</para>
/// <para>The platform's issuing cannot be told apart from an earlier try: a process that is killed after the platform has
/// issued and before the record says so leaves a token that no lease names. So the intent, written before, holds the tokens
/// that were there. No two intents of an application overlap, for each is written over the record that was read before the
/// list was. What is there now, was not there then, was issued in the intent's time and is no lease's, was issued under the
/// intent, and is revoked. Only somebody who issues outside custody in that very time could be meant by it too: where several
/// tokens fit, nobody can say which is whose, so none is revoked, and it is announced.</para>
/// </remarks>
internal sealed class Settlement(
    IPlatform platform, ISecretVault vault, MasterTokens masters, CustodyRows rows, CustodySettings settings, TimeProvider time,
    CustodyAnnouncer? announce)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The application when nobody is changing it: waits for whoever is, and settles what somebody has left. Null where there
    /// is none.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.Busy"/> where the patience is at its end.</exception>
    public async Task<CustodyRecord?> AwaitTurnAsync(ApplicationId id, TimeSpan patience, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (await rows.FindAsync(id, cancellation) is { } record)
        {
            if (record.Intent is not { } intent) return record;
            var now = time.GetUtcNow();
            if (!intent.IsLive(now))
            {
                await TrySettleAsync(id, cancellation);
                continue;
            }
            if (time.GetElapsedTime(began) >= patience) throw CustodyException.Busy(intent.Until - now);
            await Task.Delay(PollInterval, time, cancellation);
        }
        return null;
    }

    /// <summary>
    /// Settles what there is to settle, and returns how many leases and tokens were revoked by it; null where somebody else
    /// is at it.
    /// </summary>
    public async Task<int?> TrySettleAsync(ApplicationId id, CancellationToken cancellation)
    {
        while (true)
        {
            var now = time.GetUtcNow();
            if (await rows.FindAsync(id, cancellation) is not { } record || !IsUnsettled(record, now)) return 0;
            if (record.Intent?.IsLive(now) == true) return null;
            CustodySteps.Reached(CustodySteps.SettleLock);
            using var held = await HeldApplication.TryTakeAsync(
                rows, record with { Intent = Intent.Begin(now, settings.IntentTime, record.Intent?.Issuing) }, time, cancellation);
            if (held is not null) return await held.WorkAsync(() => SettleAsync(held));
        }
    }

    /// <summary>Deletes the application that is marked so, then what custody has of it.</summary>
    public async Task FinishDeletionAsync(HeldApplication held)
    {
        CustodySteps.Reached(CustodySteps.DeleteAtPlatform);
        try
        {
            await masters.UseAsync(held.Id, master => DeleteAtPlatformAsync(master, held.Deadline), held.Deadline);
        }
        catch (PlatformException gone) when (gone.Code == PlatformException.ApplicationNotFoundCode)
        {
            // It was deleted already, by the call that did not come to its end.
        }
        catch (CustodyException missing) when (missing.Fault == CustodyFault.MasterTokenMissing)
        {
            // The master token is removed only after the platform has confirmed.
        }
        CustodySteps.Reached(CustodySteps.DeleteInVault);
        foreach (var lease in held.Record.Leases.Where(lease => lease.Delivery == TokenDelivery.Vault))
            await vault.DeleteAsync(Leases.SecretName(held.Id, lease.Label), held.Deadline);
        await masters.ForgetAsync(held.Id, held.Deadline);
        CustodySteps.Reached(CustodySteps.DeleteRecord);
        await held.DeleteAsync();
        CustodySteps.Reached(CustodySteps.DeleteAnswer);
    }

    /// <summary>Revokes those of the tokens that the platform still has.</summary>
    public async Task RevokeAsync(
        ApplicationId id, IEnumerable<LeasedToken> leased, IReadOnlyList<IssuedToken> listed, CancellationToken cancellation)
    {
        var hashes = leased.Select(token => token.Hash).ToHashSet();
        foreach (var token in listed.Where(token => hashes.Contains(LeasedToken.HashOf(token.Token))))
        {
            CustodySteps.Reached(CustodySteps.SettleRevocation);
            await RevokeAsync(id, token.Token, cancellation);
        }
    }

    /// <summary>Revokes a token, if nobody has done so.</summary>
    public async Task RevokeAsync(ApplicationId id, ApiToken token, CancellationToken cancellation)
    {
        try
        {
            await masters.UseAsync(id, master => platform.RevokeTokenAsync(master, token, cancellation), cancellation);
        }
        catch (PlatformException gone) when (gone.Code == PlatformException.NotFoundCode)
        {
        }
    }

    public async Task<IReadOnlyList<IssuedToken>> ListAsync(ApplicationId id, CancellationToken cancellation)
    {
        var listed = await masters.UseAsync(id, master => platform.ListTokensAsync(master, cancellation), cancellation);
        Measures.SlotsUsed.Record(listed.Count);
        return listed;
    }

    public ValueTask AnnounceAsync(CustodyEvent happened, CancellationToken cancellation) =>
        announce is null ? ValueTask.CompletedTask : announce(happened, cancellation);

    /// <summary>Whether this is a failure of what custody depends on, and not of custody.</summary>
    public static bool IsFailure(Exception e) =>
        e is PlatformException or VaultException or CustodyException or StoreUnavailableException;

    private static bool IsUnsettled(CustodyRecord record, DateTimeOffset now) =>
        record.Intent is not null || record.State == CustodyState.Deleting
        || record.Leases.Any(lease => lease.IsOver(now) || lease.Incoming is not null || lease.Retired(now).Any());

    private async Task<int> SettleAsync(HeldApplication held)
    {
        try
        {
            return await SettleHeldAsync(held);
        }
        catch (Exception e) when (IsFailure(e))
        {
            await held.AbandonAsync();
            throw;
        }
    }

    private async Task<int> SettleHeldAsync(HeldApplication held)
    {
        if (held.Record.State == CustodyState.Deleting)
        {
            await FinishDeletionAsync(held);
            return 0;
        }
        var now = time.GetUtcNow();
        var listed = await ListAsync(held.Id, held.Deadline);
        if (held.Record.Intent?.Issuing is { } window) await SettleIssuingAsync(held, window, listed, now);

        // The platform first, for all of them: a vault that cannot answer must not keep alive a token that is over.
        var over = held.Record.Leases.Where(lease => lease.IsOver(now)).ToList();
        var retired = held.Record.Leases.Except(over).SelectMany(lease => lease.Retired(now)).ToList();
        await RevokeAsync(held.Id, over.SelectMany(lease => lease.Tokens), listed, held.Deadline);
        await RevokeAsync(held.Id, retired.Select(token => token.Token), listed, held.Deadline);
        foreach (var lease in over) await RemoveAsync(held, lease, now);
        foreach (var lease in held.Record.Leases.Where(lease => lease.Incoming is not null).ToList())
            await DeliverAsync(held, lease, listed, now);

        CustodySteps.Reached(CustodySteps.SettleRelease);
        await held.ReleaseAsync(record => record with
        {
            Leases = [.. record.Leases.Select(lease => lease with { Retiring = [.. lease.Retiring.Except(retired)] })],
        });
        return over.Count + retired.Count;
    }

    private async Task SettleIssuingAsync(
        HeldApplication held, IssueWindow window, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        var orphans = listed.Where(token => window.Covers(token) && !held.Record.Manages(token.Token)).ToList();
        CustodySteps.Reached(CustodySteps.SettleOrphan);
        if (orphans.Count == 1) await RevokeAsync(held.Id, orphans[0].Token, held.Deadline);
        else if (orphans.Count > 1) await AnnounceAsync(CustodyEvent.Unexplained(held.Id, window.From, now), held.Deadline);
        CustodySteps.Reached(CustodySteps.SettleOrphanRecord);
        await held.ChangeAsync(record => record with
        {
            Intent = record.Intent! with { Issuing = null },
            Leases = [.. record.Leases.Where(lease => lease.Tokens.Any())],
        });
    }

    private async Task RemoveAsync(HeldApplication held, Lease lease, DateTimeOffset now)
    {
        if (lease.Delivery == TokenDelivery.Vault)
        {
            CustodySteps.Reached(CustodySteps.SettleVault);
            await vault.DeleteAsync(Leases.SecretName(held.Id, lease.Label), held.Deadline);
        }
        if (!lease.Revoking && lease.Current is { } expired)
            await AnnounceAsync(CustodyEvent.Expired(held.Id, lease.Label, expired.Id, now), held.Deadline);
        CustodySteps.Reached(CustodySteps.SettleRecord);
        await held.ChangeAsync(record => record.Change(lease.Label, _ => null));
    }

    private async Task DeliverAsync(HeldApplication held, Lease lease, IReadOnlyList<IssuedToken> listed, DateTimeOffset now)
    {
        if (listed.FirstOrDefault(token => lease.Incoming!.Is(token.Token)) is not { } issued)
        {
            // Somebody has revoked it at the platform, past custody.
            await held.ChangeAsync(record => record.Change(
                lease.Label, one => one.Current is null ? one with { Revoking = true } : one with { Incoming = null }));
            return;
        }
        CustodySteps.Reached(CustodySteps.SettleVault);
        await vault.SetAsync(Leases.SecretName(held.Id, lease.Label), issued.Token.Reveal(), held.Deadline);
        if (lease.Current is not null)
            await AnnounceAsync(CustodyEvent.Rotated(held.Id, lease.Label, lease.Incoming!.Id, now), held.Deadline);
        CustodySteps.Reached(CustodySteps.SettleRecord);
        await held.ChangeAsync(record => record.Change(lease.Label, one => one.Deliver(now)));
    }

    private async Task DeleteAtPlatformAsync(ApplicationCredential master, CancellationToken cancellation)
    {
        // At an address that serves many applications, a wrong token in the vault would delete another one.
        var application = await platform.ViewAsync(master, cancellation);
        if (application.Id != master.Application)
            throw CustodyException.MasterTokenRefused("The master token in the vault is another application's.");
        await platform.DeleteAsync(master, cancellation);
    }
}
