using System.Collections.Concurrent;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Custody.Applications;

/// <summary>What an adoption has done.</summary>
/// <param name="Seen">How many applications the platform has.</param>
/// <param name="Added">Those whose master token was taken into custody.</param>
/// <param name="Removed">Those that the platform does not have any more, and that custody has let go of.</param>
/// <param name="Failures">What could not be done. It is tried again the next time.</param>
public sealed record ApplicationSyncRun(
    int Seen, IReadOnlyList<AppId> Added, IReadOnlyList<AppId> Removed, IReadOnlyList<CustodyFailure> Failures);

/// <summary>
/// Brings custody in line with the platform: takes in every application whose master token is not in the vault, be it that
/// a creation was cut off or that somebody created it past custody; and lets go of those that were deleted past it.
/// </summary>
public sealed class ApplicationSync
{
    private const int PageSize = 100;
    private const int ApplicationsAtOnce = 8;

    private readonly IPlatform platform;
    private readonly MasterTokens masters;
    private readonly CustodyRows rows;
    private readonly LeaseReconciler reconciler;

    /// <summary>ApplicationSync from a platform into a vault.</summary>
    public ApplicationSync(
        IPlatform platform, ISecretVault vault, MasterTokens masters, ITableStore store, CustodySettings settings,
        TimeProvider time, CustodyAnnouncer? announce = null)
    {
        this.platform = platform;
        this.masters = masters;
        rows = new CustodyRows(store);
        reconciler = new LeaseReconciler(platform, vault, masters, rows, settings, time, announce);
    }

    /// <summary>Goes through all applications of the platform, then through those in custody that it does not list.</summary>
    /// <param name="askVault">Whether the vault is asked for every master token. Otherwise it is believed to hold those that
    /// it was once given: that is one request to the platform for each hundred applications and none to the vault, and heals
    /// what a crash leaves; the other also heals what somebody has removed from the vault or overwritten.</param>
    /// <param name="cancellation">Stops between two applications.</param>
    /// <exception cref="PlatformException">The platform does not list its applications.</exception>
    public async Task<ApplicationSyncRun> RunAsync(bool askVault, CancellationToken cancellation)
    {
        var listed = new HashSet<AppId>();
        var added = new ConcurrentQueue<AppId>();
        var removed = new ConcurrentQueue<AppId>();
        var failures = new ConcurrentQueue<CustodyFailure>();
        for (string? next = null; next != "";)
        {
            var page = await platform.ListAsync(PageSize, next, cancellation);
            listed.UnionWith(page.Applications.Select(application => application.Id));
            await ForEachAsync(
                page.Applications, application => application.Id,
                (application, stop) => AddAsync(application, askVault, stop), added, failures, cancellation);
            next = page.Next;
        }
        IReadOnlyList<CustodyRecord> records = [];
        var live = 0L;
        do
        {
            records = await rows.ReadAsync(records.Count == 0 ? null : records[^1].Id, PageSize, cancellation);
            live += records.Sum(record => record.Leases.Sum(lease => lease.Tokens.Count()));
            await ForEachAsync(
                records.Where(record => !listed.Contains(record.Id)), record => record.Id,
                RemoveAsync, removed, failures, cancellation);
        }
        while (records.Count == PageSize);
        Measures.TokensLive.Record(live);
        return new ApplicationSyncRun(listed.Count, [.. added], [.. removed], [.. failures]);
    }

    private static Task ForEachAsync<T>(
        IEnumerable<T> all, Func<T, AppId> idOf, Func<T, CancellationToken, Task<bool>> work,
        ConcurrentQueue<AppId> done, ConcurrentQueue<CustodyFailure> failures, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            all,
            new ParallelOptions { MaxDegreeOfParallelism = ApplicationsAtOnce, CancellationToken = cancellation },
            async (one, stop) =>
            {
                try
                {
                    if (await work(one, stop)) done.Enqueue(idOf(one));
                }
                catch (Exception e) when (CustodyFailure.Is(e))
                {
                    failures.Enqueue(new CustodyFailure(idOf(one), e));
                }
            });

    private async Task<bool> AddAsync(Application application, bool askVault, CancellationToken cancellation)
    {
        var record = await rows.FindAsync(application.Id, cancellation);
        if (record?.State == CustodyState.Deleting) return false;
        var isKnown = record?.MasterHash == LeasedToken.HashOf(application.Token);
        if (isKnown && !askVault) return false;
        var isHeld = await masters.IsInVaultAsync(application.Id, application.Token, cancellation);
        if (isKnown && isHeld) return false;

        // It may have been deleted since it was listed: then there is nothing to hold any more.
        if (await IsGoneAsync(new ApplicationCredential(application.Id, application.Token), cancellation)) return false;
        if (!isHeld) await masters.StoreAsync(application.Id, application.Token, cancellation);
        while (true)
        {
            if (record is null ? await rows.TryInsertAsync(CustodyRecord.Of(application), cancellation)
                : await rows.TryReplaceAsync(record.As(application), cancellation) is not null)
            {
                return true;
            }
            record = await rows.FindAsync(application.Id, cancellation);
        }
    }

    // Not listed, and its own master token is told that it is gone: then nothing of it is worth keeping.
    private async Task<bool> RemoveAsync(CustodyRecord record, CancellationToken cancellation)
    {
        if (record.State == CustodyState.Held)
        {
            if (!await masters.UseAsync(record.Id, master => IsGoneAsync(master, cancellation), cancellation)) return false;
            CustodyRecord? marked = null;
            while (marked is null && await reconciler.WaitForUnlockedAsync(record.Id, TimeSpan.Zero, cancellation) is { } free)
                marked = await rows.TryReplaceAsync(free with { State = CustodyState.Deleting }, cancellation);
        }
        return await reconciler.TryReconcileAsync(record.Id, cancellation) is not null;
    }

    private async Task<bool> IsGoneAsync(ApplicationCredential master, CancellationToken cancellation)
    {
        try
        {
            await platform.ViewAsync(master, cancellation);
            return false;
        }
        catch (PlatformException gone) when (gone.Code == PlatformException.ApplicationNotFoundCode)
        {
            return true;
        }
    }
}
