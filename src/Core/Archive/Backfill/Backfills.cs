using System.Collections.Concurrent;
using Gatehouse.Access.Audit;
using Gatehouse.Alerts;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Usage;

namespace Gatehouse.Archive.Backfill;

/// <summary>Fills the archive for days on request, in the background.</summary>
/// <remarks>
/// <para>A backfill is stored in rows: any instance that runs the timer works on it, and continues after the last written
/// day. If two instances work on the same one, the second notices at its first commit and stops.</para>
/// <para>Cost of five years, 1,827 days: 21 requests to the platform, and 19 commits of 98 days, each with the archive's
/// state and the backfill's progress.</para>
/// </remarks>
public sealed class Backfills
{
    /// <summary>How many tries in a row, one a minute, may fail before a backfill is given up.</summary>
    public const int MostTries = 60;

    private const int AtOnce = 8;

    // The longest time for writing an order. A queue entry without a backfill is removed only after this time.
    private static readonly TimeSpan OrderTime = TimeSpan.FromMinutes(10);

    private readonly ManagedApplications applications;
    private readonly ArchiveRows rows;
    private readonly BackfillRows backfills;
    private readonly ArchiveWriter writer;
    private readonly TimeProvider time;

    /// <summary>Backfills from a platform into a store.</summary>
    public Backfills(
        IPlatform platform, MasterTokens masters, ManagedApplications applications, ITableStore store, UsageStatistics webhooks,
        AlertOutbox alerts, ArchiveSettings settings, TimeProvider time)
    {
        this.applications = applications;
        this.time = time;
        rows = new ArchiveRows(store);
        backfills = new BackfillRows(store);
        writer = new ArchiveWriter(rows, new DailyCountReader(platform, masters, settings, time), webhooks, alerts, settings);
    }

    /// <summary>The days that can be requested now: from 2010 to yesterday, UTC.</summary>
    public DayRange Possible => new(ArchiveDays.Earliest, ArchiveDays.Of(time.GetUtcNow()).AddDays(-1));

    /// <summary>Orders a backfill. Where one for the same days is running, returns that one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A day is outside <see cref="Possible"/>.</exception>
    /// <exception cref="CustodyException"><see cref="CustodyFault.ApplicationNotFound"/>, <see cref="CustodyFault.Deleting"/>.
    /// </exception>
    public async Task<BackfillJob> OrderAsync(AppId application, DayRange days, CancellationToken cancellation)
    {
        await CheckAsync(application, days, cancellation);
        var ordered = new BackfillJob(
            application, Guid.NewGuid(), days, time.GetUtcNow(), BackfillState.Running, 0, 0, TimeSpan.Zero, 0, null);
        return await backfills.AddAsync(ordered, cancellation);
    }

    /// <summary>What <see cref="OrderAsync"/> would do. Changes nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="OrderAsync"/>.</exception>
    /// <exception cref="CustodyException">As for <see cref="OrderAsync"/>.</exception>
    public async Task<IReadOnlyList<PlannedStep>> PreviewAsync(AppId application, DayRange days, CancellationToken cancellation)
    {
        await CheckAsync(application, days, cancellation);
        if (await backfills.FindRunningAsync(application, days, cancellation) is { } running)
        {
            return
            [
                new(PlannedAction.Archive, AuditSubject.Days(days.From, days.To).ToString(),
                    $"The backfill {running.Id} reads these days already. It is the answer, and no other one is started."),
            ];
        }
        return
        [
            new(PlannedAction.Archive, AuditSubject.Days(days.From, days.To).ToString(),
                $"{days.Days} days are read from the platform again, in the background. A count that differs replaces the archived one, which stays in its history."),
        ];
    }

    /// <summary>A backfill; null if there is none.</summary>
    public async Task<BackfillJob?> FindAsync(AppId application, Guid id, CancellationToken cancellation) =>
        await backfills.FindAsync(application, id, cancellation);

    /// <summary>
    /// The timer's run: works on the queue, and retries what has failed. A failure of one backfill does not affect the
    /// others.
    /// </summary>
    /// <returns>What could not be done.</returns>
    public async Task<IReadOnlyCollection<ArchiveFailure>> RunAsync(CancellationToken cancellation)
    {
        var failures = new ConcurrentQueue<ArchiveFailure>();
        await Parallel.ForEachAsync(
            await backfills.ReadQueueAsync(cancellation),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (queued, stop) =>
            {
                if (await RunAsync(queued, stop) is { } failure) failures.Enqueue(failure);
            });
        return failures;
    }

    private async Task<ArchiveFailure?> RunAsync(QueuedBackfill queued, CancellationToken cancellation)
    {
        BackfillJob? found;
        try
        {
            found = await backfills.FindAsync(queued.Application, queued.Id, cancellation);
        }
        catch (RowFormatException e)
        {
            return new ArchiveFailure(queued.Application, e);
        }
        if (found is null ? time.GetUtcNow() - queued.CreatedAt > OrderTime : found.State != BackfillState.Running)
            await backfills.DequeueAsync(queued.Key, cancellation);
        if (found is not { State: BackfillState.Running }) return null;
        var work = new BackfillProgress(found, time);
        try
        {
            await FillAsync(work, cancellation);
            return null;
        }
        catch (Exception e) when (ArchiveFailure.Is(e) && e is not StoreUnavailableException)
        {
            var failure = new ArchiveFailure(queued.Application, e);
            var tries = work.Backfill.Tries + 1;
            await backfills.TryReplaceAsync(
                work.Backfill with
                {
                    Tries = tries,
                    Problem = failure.Problem,
                    State = ArchiveFailure.IsLasting(e) || tries >= MostTries ? BackfillState.Failed : BackfillState.Running,
                },
                cancellation);
            return failure;
        }
    }

    private async Task FillAsync(BackfillProgress work, CancellationToken cancellation)
    {
        var id = work.Backfill.Application;
        while (work.Backfill.State == BackfillState.Running)
        {
            var application = await RequireAsync(id, cancellation);
            var state = await rows.FindStateAsync(id, cancellation) ?? ArchiveState.Begin(application.CreatedAt);
            if (await writer.TryWriteAsync(
                new WriteTask(id, work.Backfill.Left, state, [], DateOnly.MaxValue, work), new WriteTotals(), cancellation))
            {
                continue;
            }

            // Either the daily run has written, and the days are read again; or another instance works on this backfill.
            if ((await backfills.FindAsync(id, work.Backfill.Id, cancellation))?.ETag != work.Backfill.ETag) return;
        }
    }

    private Task<ManagedApplication> CheckAsync(AppId application, DayRange days, CancellationToken cancellation) =>
        Possible.Contains(days.From) && Possible.Contains(days.To)
            ? RequireAsync(application, cancellation)
            : throw new ArgumentOutOfRangeException(nameof(days));

    private async Task<ManagedApplication> RequireAsync(AppId application, CancellationToken cancellation)
    {
        var found = await applications.FindAsync(application, cancellation) ?? throw CustodyException.ApplicationNotFound();
        return found.State == CustodyState.Held ? found : throw CustodyException.Deleting();
    }
}
