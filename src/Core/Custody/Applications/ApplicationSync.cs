using System.Collections.Concurrent;
using Gatehouse.Common;
using Gatehouse.Custody.Tokens;
using Gatehouse.Platform;
using Gatehouse.Secrets;
using Gatehouse.Storage;
using Gatehouse.Telemetry;

namespace Gatehouse.Custody.Applications;

/// <summary>The result of a sync.</summary>
/// <param name="Seen">How many applications the platform has.</param>
/// <param name="Added">The applications whose master token was taken into custody.</param>
/// <param name="Removed">The applications that the platform no longer has, and that were removed from custody.</param>
/// <param name="Failures">What could not be done. The next run tries it again.</param>
public sealed record ApplicationSyncRun(
    int Seen, IReadOnlyList<AppId> Added, IReadOnlyList<AppId> Removed, IReadOnlyList<CustodyFailure> Failures)
{
    /// <summary>The entries in the platform's list that cannot be used.</summary>
    public IReadOnlyList<UnreadableApplication> Unreadable { get; init; } = [];
}

/// <summary>
/// Brings custody in line with the platform. Takes in every application whose master token is not in the vault, because its
/// creation was interrupted or because it was created outside Gatehouse. Removes those that were deleted outside Gatehouse.
/// </summary>
public sealed class ApplicationSync
{
    private const int PageSize = 100;

    // Of the local vault's and the store's commits, those that arrive at once share a write to disk.
    private const int ApplicationsAtOnce = 64;

    // While the last applications of a page are written, those of the next pages have their turn.
    private const int PagesAtOnce = 4;

    private readonly IPlatform platform;
    private readonly MasterTokens masters;
    private readonly CustodyRows rows;
    private readonly LeaseReconciler reconciler;

    /// <summary>A sync between a platform and a vault.</summary>
    public ApplicationSync(
        IPlatform platform, ISecretVault vault, MasterTokens masters, ITableStore store, CustodySettings settings,
        TimeProvider time, CustodyAnnouncer? announce = null)
    {
        this.platform = platform;
        this.masters = masters;
        rows = new CustodyRows(store);
        reconciler = new LeaseReconciler(platform, vault, masters, rows, settings, time, announce);
    }

    /// <summary>
    /// Goes through all applications of the platform, then through those in custody that the platform does not list.
    /// </summary>
    /// <param name="askVault">Whether to check every master token in the vault. If false, the records decide: one request to
    /// the platform for each hundred applications, none to the vault, and crashes are repaired. If true, secrets that were
    /// removed or overwritten in the vault are repaired too. The records of a page of the platform are read together.</param>
    /// <param name="cancellation">Stops between two applications.</param>
    /// <exception cref="PlatformException">The platform cannot list its applications.</exception>
    public Task<ApplicationSyncRun> RunAsync(bool askVault, CancellationToken cancellation) =>
        RunAsync(new Work(askVault, IsPreview: false), cancellation);

    /// <summary>What <see cref="RunAsync(bool, CancellationToken)"/> would add and remove, with a look into the vault. Changes nothing.</summary>
    /// <exception cref="PlatformException">The platform cannot list its applications.</exception>
    public Task<ApplicationSyncRun> PreviewAsync(CancellationToken cancellation) =>
        RunAsync(new Work(AsksVault: true, IsPreview: true), cancellation);

    private async Task<ApplicationSyncRun> RunAsync(Work work, CancellationToken cancellation)
    {
        var listed = new HashSet<AppId>();
        var added = new ConcurrentQueue<AppId>();
        var removed = new ConcurrentQueue<AppId>();
        var failures = new ConcurrentQueue<CustodyFailure>();
        var unreadable = new List<UnreadableApplication>();
        using var turns = new SemaphoreSlim(ApplicationsAtOnce);
        // The pages are read one after another. If one cannot be read, those before it are finished.
        await Parallel.ForEachAsync(
            ApplicationPages.ReadAsync(platform, PageSize, cancellation).Select(page =>
            {
                listed.UnionWith(page.Unreadable.Select(one => one.Id).OfType<AppId>());
                unreadable.AddRange(page.Unreadable);
                return page.Applications.Where(application => listed.Add(application.Id)).ToList();
            }),
            new ParallelOptions { MaxDegreeOfParallelism = PagesAtOnce, CancellationToken = cancellation },
            async (applications, _) => await AddPageAsync(applications, work, turns, added, failures, cancellation));
        IReadOnlyList<CustodyRecord> records = [];
        var live = 0L;
        do
        {
            records = await rows.ReadAsync(
                records.Count == 0 ? null : records[^1].Id, TableLimits.RowsPerRead, CustodyRecord.Read, cancellation);
            live += records.Sum(record => record.Leases.Sum(lease => lease.Tokens.Count()));
            await ForEachAsync(
                records.Where(record => !listed.Contains(record.Id)), record => record.Id,
                (record, stop) => RemoveAsync(record, work, stop), removed, failures, cancellation);
        }
        while (records.Count == TableLimits.RowsPerRead);
        Measures.TokensLive.Record(live);
        return new ApplicationSyncRun(
            listed.Count + unreadable.Count(one => one.Id is null), [.. added], [.. removed], [.. failures])
        {
            Unreadable = unreadable,
        };
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

    // The new records of a page share a commit for each partition.
    private async Task AddPageAsync(
        IReadOnlyList<Application> applications, Work work, SemaphoreSlim turns, ConcurrentQueue<AppId> added,
        ConcurrentQueue<CustodyFailure> failures, CancellationToken cancellation)
    {
        var known = rows.FindMany(applications, cancellation);
        var missing = new ConcurrentQueue<Application>();
        await ForEachAsync(
            applications, application => application.Id,
            async (application, stop) =>
            {
                var row = (await known[HexPartitions.Of(application.Id)])[application.Id];
                await turns.WaitAsync(stop);
                try
                {
                    return await AddAsync(application, row, work, missing, stop);
                }
                finally
                {
                    turns.Release();
                }
            },
            added, failures, cancellation);
        await Task.WhenAll(missing.GroupBy(application => HexPartitions.Of(application.Id)).Select(async partition =>
        {
            // Awaited for each application, so that a fault of the commit is each one's failure.
            var areInserted = rows.TryInsertAsync([.. partition.Select(CustodyRecord.Of)], cancellation).AsTask();
            await ForEachAsync(
                partition, application => application.Id,
                async (application, stop) => await areInserted || await WriteAsync(application, null, stop),
                added, failures, cancellation);
        }));
    }

    // False also for an application without a record: it becomes one of the missing, whose records are inserted together.
    private async Task<bool> AddAsync(
        Application application, TableRow? row, Work work, ConcurrentQueue<Application> missing, CancellationToken cancellation)
    {
        var record = row is null ? null : CustodyRecord.Read(row);
        if (record?.State == CustodyState.Deleting) return false;
        var isKnown = record?.MasterHash == LeasedToken.HashOf(application.Token);
        if (isKnown && !work.AsksVault) return false;
        var isHeld = await masters.IsInVaultAsync(application.Id, application.Token, cancellation);
        if (isKnown && isHeld) return false;

        // It may have been deleted since it was listed.
        if (await IsGoneAsync(new ApplicationCredential(application.Id, application.Token), cancellation)) return false;
        if (work.IsPreview) return true;
        if (!isHeld) await masters.StoreAsync(application.Id, application.Token, cancellation);
        // There may be very many, so their tokens are not cached.
        masters.Invalidate(application.Id);
        if (record is not null) return await WriteAsync(application, record, cancellation);
        missing.Enqueue(application);
        return false;
    }

    private async Task<bool> WriteAsync(Application application, CustodyRecord? record, CancellationToken cancellation)
    {
        while (true)
        {
            if (record is null ? await rows.TryInsertAsync(CustodyRecord.Of(application), default, cancellation)
                : await rows.TryReplaceAsync(record.As(application), default, cancellation) is not null)
            {
                return true;
            }
            record = await rows.FindAsync(application.Id, cancellation);
        }
    }

    // The platform does not list it, and answers its own master token that it is gone.
    private async Task<bool> RemoveAsync(CustodyRecord record, Work work, CancellationToken cancellation)
    {
        if (record.State == CustodyState.Held)
        {
            if (!await masters.UseAsync(record.Id, master => IsGoneAsync(master, cancellation), cancellation)) return false;
            if (work.IsPreview) return true;
            CustodyRecord? marked = null;
            while (marked is null && await reconciler.WaitForUnlockedAsync(record.Id, TimeSpan.Zero, cancellation) is { } free)
                marked = await rows.TryReplaceAsync(free with { State = CustodyState.Deleting }, default, cancellation);
        }
        return work.IsPreview || await reconciler.TryReconcileAsync(record.Id, cancellation) is not null;
    }

    private sealed record Work(bool AsksVault, bool IsPreview);

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
