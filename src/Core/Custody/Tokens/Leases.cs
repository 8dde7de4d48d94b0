using Gatehouse.Access.Audit;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;

namespace Gatehouse.Custody.Tokens;

/// <summary>Tokens as leases: issued under a label, to an owner, for a time; rotated with an overlap; and revoked.</summary>
/// <remarks>
/// No token is stored: a lease knows the SHA-256 of its token, and finds it in the platform's list. Crashes and concurrent
/// instances: see <see cref="LeaseReconciler"/> and <see cref="TokenIssuer"/>.
/// </remarks>
public sealed class Leases
{
    private const int ApplicationsAtOnce = 8;

    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    private readonly CustodyRows rows;
    private readonly LeaseReconciler reconciler;
    private readonly TokenIssuer issue;
    private readonly CustodySettings settings;
    private readonly TimeProvider time;

    /// <summary>Leases at a platform, with the master tokens in a vault.</summary>
    public Leases(
        IPlatform platform, ISecretVault vault, MasterTokens masters, ITableStore store, CustodySettings settings,
        TimeProvider time, CustodyAnnouncer? announce = null)
    {
        this.settings = settings;
        this.time = time;
        rows = new CustodyRows(store);
        reconciler = new LeaseReconciler(platform, vault, masters, rows, settings, time, announce);
        issue = new TokenIssuer(platform, vault, masters, rows, reconciler, settings, time);
    }

    /// <summary>The name of a leased token in the vault.</summary>
    public static string SecretName(AppId application, string label) => $"token-{application}-{label}";

    /// <summary>Issues a token. In two commits, or three if it is delivered to the vault.</summary>
    /// <param name="application">The application.</param>
    /// <param name="request">What is requested.</param>
    /// <param name="end">Ends the call; null where no call is recorded.</param>
    /// <param name="cancellation">Cancels, if nothing has been begun.</param>
    /// <exception cref="CustodyException"><see cref="CustodyFault.Invalid"/>,
    /// <see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.Deleting"/>,
    /// <see cref="CustodyFault.LabelTaken"/>, <see cref="CustodyFault.NoFreeSlot"/> where only the slot for rotation is
    /// free, <see cref="CustodyFault.Busy"/>, <see cref="CustodyFault.TimedOut"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer. The lease is undone.</exception>
    public async Task<GrantedToken> IssueAsync(
        AppId application, LeaseRequest request, CallEnd<GrantedToken>? end, CancellationToken cancellation)
    {
        request.Check();
        var issued = await issue.RunAsync(
            application,
            TimeSpan.Zero,
            settings.LockTimeout,
            (record, used) => LeaseRules.Begin(record, used, request, time.GetUtcNow()),
            end,
            cancellation);
        return issued!;
    }

    /// <summary>What <see cref="IssueAsync"/> would do. Changes nothing.</summary>
    /// <exception cref="CustodyException">As for <see cref="IssueAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    public async Task<IReadOnlyList<PlannedStep>> PreviewIssueAsync(
        AppId application, LeaseRequest request, CancellationToken cancellation)
    {
        request.Check();
        var (record, listed) = await ReadAsync(application, cancellation);
        return LeasePreview.OfIssue(application, LeaseRules.Begin(record, listed.Count, request, time.GetUtcNow()));
    }

    /// <summary>
    /// Replaces a token. The new one works at once, the old one until the overlap ends. It is delivered as the old one was. In two
    /// commits, or three if it is delivered to the vault or has no overlap.
    /// </summary>
    /// <param name="application">The application.</param>
    /// <param name="tokenId">The fingerprint of the current token of a lease.</param>
    /// <param name="overlap">0 to 30 days.</param>
    /// <param name="caller">Who asks for it.</param>
    /// <param name="end">Ends the call; null where no call is recorded.</param>
    /// <param name="cancellation">Cancels, if nothing has been begun.</param>
    /// <exception cref="CustodyException">As for <see cref="IssueAsync"/>; <see cref="CustodyFault.TokenNotFound"/>;
    /// <see cref="CustodyFault.NotOwner"/> where the lease is another caller's;
    /// <see cref="CustodyFault.NotRotatable"/> where the token was replaced or is being revoked;
    /// <see cref="CustodyFault.NoFreeSlot"/> where all slots are used.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    /// <exception cref="VaultException">The vault cannot answer. The timer finishes the rotation.</exception>
    public async Task<GrantedToken> RotateAsync(
        AppId application, string tokenId, TimeSpan overlap, TokenCaller caller, CallEnd<GrantedToken>? end,
        CancellationToken cancellation)
    {
        CheckOverlap(overlap);
        var issued = await issue.RunAsync(
            application,
            overlap,
            settings.LockTimeout,
            (record, used) => LeaseRules.Rotate(record, used, tokenId, caller, time.GetUtcNow()),
            end,
            cancellation);
        return issued!;
    }

    /// <summary>What <see cref="RotateAsync"/> would do. Changes nothing.</summary>
    /// <exception cref="CustodyException">As for <see cref="RotateAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    public async Task<IReadOnlyList<PlannedStep>> PreviewRotationAsync(
        AppId application, string tokenId, TimeSpan overlap, TokenCaller caller, CancellationToken cancellation)
    {
        CheckOverlap(overlap);
        var (record, listed) = await ReadAsync(application, cancellation);
        var now = time.GetUtcNow();
        return LeasePreview.OfRotation(application, LeaseRules.Rotate(record, listed.Count, tokenId, caller, now), overlap, now);
    }

    /// <summary>
    /// Revokes a token by its fingerprint: a lease with all its tokens, a replaced token before its overlap ends, or a token
    /// without a lease. It does not wait for another call that is changing the application's tokens. In two commits.
    /// </summary>
    /// <param name="application">The application.</param>
    /// <param name="tokenId">The fingerprint of the token.</param>
    /// <param name="end">Ends the call; null where no call is recorded.</param>
    /// <param name="cancellation">Cancels, if nothing has been begun.</param>
    /// <returns>The label of the token's lease; null where it has none.</returns>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>,
    /// <see cref="CustodyFault.TokenNotFound"/>, <see cref="CustodyFault.Deleting"/>.</exception>
    /// <exception cref="PlatformException">The platform cannot answer. If the token is leased, the timer revokes
    /// it.</exception>
    /// <exception cref="VaultException">The vault cannot answer. The token is revoked; the timer removes the secret.</exception>
    public async Task<string?> RevokeAsync(
        AppId application, string tokenId, CallEnd<string?>? end, CancellationToken cancellation)
    {
        while (true)
        {
            var record = await FindAsync(application, cancellation);
            if (record.State == CustodyState.Deleting) throw CustodyException.Deleting();
            if (LeaseRules.Find(record, tokenId) is not { } lease)
            {
                var token = FindUnmanaged(record, await reconciler.ListAsync(application, cancellation), tokenId);
                if (end is not null) await end.Call.StartAsync(cancellation);
                await reconciler.RevokeAsync(application, token.Token, cancellation);
                return null;
            }
            var now = time.GetUtcNow();
            var marked = lease.Retiring.Any(token => token.Token.Id == tokenId)
                ? lease.Retire(tokenId, now)
                : lease with { Revoking = true };
            CustodySteps.Reached(CustodySteps.RevokeMark);
            if (record.Lock?.IsLive(now) != true)
            {
                var own = record.With(marked) with { Lock = LockEntry.Begin(now, settings.LockTime, record.Lock?.Issuing) };
                using var locked = await ApplicationLock.TryAcquireAsync(rows, own, end?.Call, time, cancellation);
                if (locked is null) continue;
                await locked.RunAsync(
                    () => reconciler.ReconcileAsync(locked, changed => end?.Of(lease.Label, changed.Partition) ?? default));
                return lease.Label;
            }
            // Another call is changing the tokens, or was killed while doing so. The token is revoked now all the same; the
            // timer does the rest.
            var start = end is null ? default : await end.Call.StartAsync(record.Partition, cancellation);
            if (await rows.TryReplaceAsync(record.With(marked), start, cancellation) is null) continue;
            var over = marked.Revoking ? marked.Tokens : marked.Tokens.Where(token => token.Id == tokenId);
            await reconciler.RevokeAsync(application, over, await reconciler.ListAsync(application, cancellation), cancellation);
            return lease.Label;
        }
    }

    /// <summary>What <see cref="RevokeAsync"/> would do. Changes nothing.</summary>
    /// <exception cref="CustodyException">As for <see cref="RevokeAsync"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    public async Task<IReadOnlyList<PlannedStep>> PreviewRevocationAsync(
        AppId application, string tokenId, CancellationToken cancellation)
    {
        var (record, listed) = await ReadAsync(application, cancellation);
        return LeaseRules.Find(record, tokenId) is { } lease
            ? LeasePreview.OfRevocation(application, lease, tokenId)
            : [LeasePreview.OfUnmanaged(FindUnmanaged(record, listed, tokenId).Token.Fingerprint)];
    }

    /// <summary>
    /// The tokens of an application: those of its leases, and those that the platform has without a lease.
    /// </summary>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>,
    /// <see cref="CustodyFault.Deleting"/>.</exception>
    /// <exception cref="PlatformException">The platform refuses, or cannot answer.</exception>
    public async Task<TokenList> ListAsync(AppId application, CancellationToken cancellation)
    {
        var (record, listed) = await ReadAsync(application, cancellation);
        return TokenList.Of(record, listed, time.GetUtcNow());
    }

    /// <summary>
    /// The timer's run: finishes what was interrupted, revokes what has ended, and rotates what is due. Tokens without a
    /// lease are not revoked, except those that an interrupted call has issued. A failure of one application does not affect
    /// the others.
    /// </summary>
    public async Task<LeaseRun> RunAsync(CancellationToken cancellation)
    {
        var run = new LeaseRun.Counter();
        await Parallel.ForEachAsync(
            rows.ReadDueAsync(time.GetUtcNow(), cancellation),
            new ParallelOptions { MaxDegreeOfParallelism = ApplicationsAtOnce, CancellationToken = cancellation },
            async (application, stop) =>
            {
                try
                {
                    run.Add(revoked: await reconciler.TryReconcileAsync(application, stop) ?? 0);
                    await RotateDueAsync(application, run, stop);
                }
                catch (CustodyException busy) when (busy.Fault == CustodyFault.Busy)
                {
                    // Another call holds the lock.
                }
                catch (Exception e) when (CustodyFailure.Is(e))
                {
                    run.Add(new CustodyFailure(application, e));
                    await AnnounceOverdueAsync(application, stop);
                }
            });
        return run.Result;
    }

    private async Task RotateDueAsync(AppId application, LeaseRun.Counter run, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (await rows.FindAsync(application, cancellation) is not { Lock: null, State: CustodyState.Held } record) return;
        // The longest overdue first: where slots are short, each gets its turn.
        foreach (var due in record.Leases.Where(lease => lease.IsRotationDue(now)).OrderBy(lease => lease.NextRotationAt))
        {
            var half = due.RotateEvery!.Value / 2;
            var issued = await issue.RunAsync(
                application,
                half < settings.Overlap ? half : settings.Overlap,
                TimeSpan.Zero,
                (current, used) =>
                {
                    // Another instance may have rotated it meanwhile.
                    if (current.Find(due.Label) is not { } lease || !lease.IsRotationDue(now)) return null;
                    LeaseRules.RequireSlot(used);
                    return lease;
                },
                null,
                cancellation);
            if (issued is not null) run.Add(rotated: 1);
        }
    }

    // One alert for each rotation that is overdue by more than one period.
    private async Task AnnounceOverdueAsync(AppId application, CancellationToken cancellation)
    {
        try
        {
            var now = time.GetUtcNow();
            if (await rows.FindAsync(application, cancellation) is not { State: CustodyState.Held } record) return;
            foreach (var lease in record.Leases.Where(lease => lease.IsLongOverdue(now)))
                await reconciler.AnnounceAsync(CustodyEvent.Overdue(application, lease, now), cancellation);
        }
        catch (StoreUnavailableException)
        {
            // The failure is in the run's result. If it lasts, the next run raises the alert.
        }
    }

    private static IssuedToken FindUnmanaged(CustodyRecord record, IReadOnlyList<IssuedToken> listed, string tokenId)
    {
        var token = listed.FirstOrDefault(token => token.Token.Fingerprint == tokenId);
        return token is null || TokenList.IsBeingIssued(record, token) ? throw CustodyException.TokenNotFound() : token;
    }

    private async Task<CustodyRecord> FindAsync(AppId application, CancellationToken cancellation) =>
        await rows.FindAsync(application, cancellation) ?? throw CustodyException.ApplicationNotFound();

    private async Task<(CustodyRecord Record, IReadOnlyList<IssuedToken> Listed)> ReadAsync(AppId application, CancellationToken cancellation)
    {
        var record = await FindAsync(application, cancellation);
        if (record.State == CustodyState.Deleting) throw CustodyException.Deleting();
        return (record, await reconciler.ListAsync(application, cancellation));
    }

    private static void CheckOverlap(TimeSpan overlap)
    {
        if (overlap < TimeSpan.Zero || overlap > LongestOverlap)
            throw CustodyException.Invalid($"overlap_seconds must be from 0 to {LongestOverlap.TotalSeconds:0}.");
    }
}
