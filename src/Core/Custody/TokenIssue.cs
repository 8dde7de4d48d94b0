using Gatehouse.Platform;

namespace Gatehouse.Custody;

/// <summary>
/// Issues a token for a lease: the first one, or one that takes the place of another. In this order: the intent is written,
/// the platform issues, the token's hash is recorded, the vault is given the token, the lease stands for it.
/// </summary>
/// <remarks>
/// Killed after the intent, or the platform: no lease names the token, and <see cref="Settlement"/> revokes it. After the
/// record, or the vault: the lease has it as incoming, and <see cref="Settlement"/> gives it to the vault (again), for a
/// consumer may already have read it there. A token that goes into the answer needs no vault: record and end are one commit.
/// </remarks>
internal sealed class TokenIssue(
    IPlatform platform, ISecretVault vault, MasterTokens masters, CustodyRows rows, Settlement settlement,
    CustodySettings settings, TimeProvider time)
{
    /// <summary>Issues a token.</summary>
    /// <param name="id">The application.</param>
    /// <param name="overlap">How long a token that is replaced works on.</param>
    /// <param name="patience">How long to wait for somebody else who is changing the application's tokens.</param>
    /// <param name="begin">Of the application and the number of its tokens, the lease that is to have the token; null where
    /// nothing is to be done after all.</param>
    /// <param name="cancellation">Gives up before anything is begun.</param>
    public async Task<(Lease Lease, ApiToken Token)?> RunAsync(
        ApplicationId id, TimeSpan overlap, TimeSpan patience, Func<CustodyRecord, int, Lease?> begin,
        CancellationToken cancellation)
    {
        while (true)
        {
            var record = await settlement.AwaitTurnAsync(id, patience, cancellation)
                ?? throw CustodyException.ApplicationNotFound();
            if (record.State == CustodyState.Deleting) throw CustodyException.Deleting();
            var listed = await settlement.ListAsync(id, cancellation);
            if (begin(record, listed.Count) is not { } lease) return null;
            var now = time.GetUtcNow();
            var window = new IssueWindow(
                [.. listed.Select(token => LeasedToken.HashOf(token.Token))], now, now + settings.IntentTime);
            CustodySteps.Reached(CustodySteps.IssueIntent);
            using var held = await HeldApplication.TryTakeAsync(
                rows, record.With(lease) with { Intent = Intent.Begin(now, settings.IntentTime, window) }, time, cancellation);
            if (held is not null) return await held.WorkAsync(() => IssueAsync(held, lease, overlap));
        }
    }

    private async Task<(Lease, ApiToken)?> IssueAsync(HeldApplication held, Lease lease, TimeSpan overlap)
    {
        var issued = await IssueAtPlatformAsync(held, lease);
        var incoming = LeasedToken.Of(issued);
        if (lease.Delivery == TokenDelivery.Vault)
        {
            CustodySteps.Reached(CustodySteps.IssueRecord);
            await RecordAsync(
                held,
                issued,
                record => record.Change(lease.Label, one => one.Expect(incoming, overlap)) with
                {
                    Intent = record.Intent! with { Issuing = null },
                });
            await DeliverAsync(held, lease, issued);
            await AnnounceAsync(held, lease, incoming);
            CustodySteps.Reached(CustodySteps.IssueRelease);
            await held.ReleaseAsync(record => record.Change(lease.Label, one => one.Deliver(time.GetUtcNow())));
        }
        else
        {
            await AnnounceAsync(held, lease, incoming);
            CustodySteps.Reached(CustodySteps.IssueRecord);
            await RecordAsync(
                held,
                issued,
                record => record.Change(lease.Label, one => one.Expect(incoming, overlap).Deliver(time.GetUtcNow())) with
                {
                    Intent = null,
                });
        }
        var granted = held.Record.Find(lease.Label)!;
        CustodySteps.Reached(CustodySteps.IssueAnswer);
        return granted.Revoking ? throw CustodyException.TokenNotFound() : (granted, issued.Token);
    }

    private async Task<IssuedToken> IssueAtPlatformAsync(HeldApplication held, Lease lease)
    {
        CustodySteps.Reached(CustodySteps.IssueAtPlatform);
        try
        {
            return await masters.UseAsync(held.Id, master => platform.IssueTokenAsync(master, held.Deadline), held.Deadline);
        }
        catch (Exception e) when (e is PlatformException { IsRefusal: true } or VaultException or CustodyException)
        {
            // Nothing was issued. After any other failure something may have been, or may still be: then the intent stays.
            await held.ReleaseAsync(record => record.Change(lease.Label, one => one.Current is null ? null : one));
            if (e is PlatformException { Code: PlatformException.TooManyCode })
                throw CustodyException.NoFreeSlot("The platform has no free slot for another API token.");
            throw;
        }
    }

    private async Task RecordAsync(HeldApplication held, IssuedToken issued, Func<CustodyRecord, CustodyRecord> change)
    {
        if (await held.TryChangeAsync(change)) return;
        // Somebody has taken over and settled, perhaps before the platform had this token to show.
        await settlement.RevokeAsync(held.Id, issued.Token, held.Deadline);
        throw CustodyException.Busy(settings.IntentTime);
    }

    private async Task DeliverAsync(HeldApplication held, Lease lease, IssuedToken issued)
    {
        CustodySteps.Reached(CustodySteps.IssueDelivery);
        try
        {
            await vault.SetAsync(Leases.SecretName(held.Id, lease.Label), issued.Token.Reveal(), held.Deadline);
        }
        catch (VaultException)
        {
            // The vault may have it all the same. So a rotation is finished by the timer, not undone: the old token would be
            // right and the vault would say the new one. A new lease, which nobody was told of, is undone.
            await held.ReleaseAsync(record => record.Change(
                lease.Label, one => one.Current is null ? one with { Revoking = true } : one));
            throw;
        }
    }

    private ValueTask AnnounceAsync(HeldApplication held, Lease lease, LeasedToken incoming) => lease.Current is null
        ? ValueTask.CompletedTask
        : settlement.AnnounceAsync(CustodyEvent.Rotated(held.Id, lease.Label, incoming.Id, time.GetUtcNow()), held.Deadline);
}
