using System.Runtime.CompilerServices;
using Gatehouse.Alerts;
using Gatehouse.Custody;
using Gatehouse.Custody.Applications;
using Gatehouse.Platform;
using Gatehouse.Storage;
using Gatehouse.Telemetry;
using Gatehouse.Usage;

namespace Gatehouse.Archive.Daily;

/// <summary>The result of a run.</summary>
/// <param name="Run">The run as it was last written.</param>
/// <param name="Failures">The first hundred failures.</param>
/// <param name="Lag">How many days behind yesterday the application is that is furthest behind.</param>
public sealed record ArchiveRunResult(ArchiveRun Run, IReadOnlyCollection<ArchiveFailure> Failures, int Lag);

/// <summary>
/// Archives the daily message counts of every application in custody: from the first day that is not archived to yesterday
/// (UTC), and the last three days again.
/// </summary>
/// <remarks>
/// <para>Cost for each application and day: one read, one request to the platform, one commit; only the read if it was
/// archived on the same day already. Memory does not grow with the number of applications: they are read in pages.</para>
/// <para>A run can be interrupted at any point, and two can run at the same time: see <see cref="ArchiveState"/>. The next
/// run starts after the application where the last one was interrupted, so that every application gets its turn.</para>
/// </remarks>
public sealed class DailyArchive
{
    private const int PageSize = 100;

    private readonly ManagedApplications applications;
    private readonly ArchiveRows rows;
    private readonly ArchiveWriter writer;
    private readonly ArchiveRuns runs;
    private readonly AlertOutbox alerts;
    private readonly ArchiveSettings settings;
    private readonly TimeProvider time;

    /// <summary>An archive of a platform's counts, in a store.</summary>
    public DailyArchive(
        IPlatform platform, MasterTokens masters, ManagedApplications applications, ITableStore store, UsageStatistics webhooks,
        ArchiveRuns runs, AlertOutbox alerts, ArchiveSettings settings, TimeProvider time)
    {
        this.applications = applications;
        this.runs = runs;
        this.alerts = alerts;
        this.settings = settings;
        this.time = time;
        rows = new ArchiveRows(store);
        writer = new ArchiveWriter(rows, new DailyCountReader(platform, masters, settings, time), webhooks, alerts, settings);
    }

    /// <summary>Goes through every application once. A failure of one application does not affect the others.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot list the applications, or store the run.</exception>
    public async Task<ArchiveRunResult> RunAsync(CancellationToken cancellation) =>
        await RunAsync(await runs.NewestAsync(cancellation), cancellation);

    /// <summary>Continues a run that was interrupted; null if there is none.</summary>
    /// <exception cref="StoreUnavailableException">As for <see cref="RunAsync(CancellationToken)"/>.</exception>
    public async Task<ArchiveRunResult?> ContinueAsync(CancellationToken cancellation) =>
        await runs.NewestAsync(cancellation) is { State: ArchiveRunState.Interrupted } cutOff
            ? await RunAsync(cutOff, cancellation)
            : null;

    private async Task<ArchiveRunResult> RunAsync(ArchiveRun? last, CancellationToken cancellation)
    {
        var progress = new RunProgress(last, time);
        await runs.WriteAsync(progress.As(ArchiveRunState.Running), cancellation);
        using var ended = new CancellationTokenSource();
        var notes = NoteAsync(progress, ended.Token);
        var state = ArchiveRunState.Interrupted;
        try
        {
            // Also while the last run is still running: two runs that start at different applications conflict less.
            var start = last?.State == ArchiveRunState.Done ? null : last?.Cursor;
            await Parallel.ForEachAsync(
                ReadAsync(start, cancellation),
                new ParallelOptions { MaxDegreeOfParallelism = settings.ApplicationsAtOnce, CancellationToken = cancellation },
                (application, stop) => ArchiveAsync(application, progress, stop));
            state = ArchiveRunState.Done;
        }
        finally
        {
            await ended.CancelAsync();
            await notes;
            await runs.WriteAsync(progress.As(state), CancellationToken.None);
        }
        Measures.ArchiveLag.Record(progress.Lag);
        return new ArchiveRunResult(progress.As(state), progress.Failures, progress.Lag);
    }

    private async ValueTask ArchiveAsync(ManagedApplication application, RunProgress progress, CancellationToken cancellation)
    {
        progress.Reach(application.Id);
        var count = new WriteTotals();
        try
        {
            await ArchiveAsync(application, count, cancellation);
        }
        catch (Exception e) when (ArchiveFailure.Is(e))
        {
            var failure = new ArchiveFailure(application.Id, e);
            progress.Add(failure);
            await AlertAsync(failure, cancellation);
        }
        finally
        {
            progress.Add(count);
        }
    }

    private async Task ArchiveAsync(ManagedApplication application, WriteTotals count, CancellationToken cancellation)
    {
        bool isWritten;
        do
        {
            var today = ArchiveDays.Of(time.GetUtcNow());
            var recent = today.AddDays(-ArchiveDays.Corrected);
            var (found, days) = await rows.ReadAsync(application.Id, recent, cancellation);
            var state = (found ?? ArchiveState.Begin(application.CreatedAt)).CreatedAt(application.CreatedAt);
            if (state.DueOn(today) is not { } due) break;
            count.Lag = Math.Max(0, due.To.DayNumber - state.Through.DayNumber);
            isWritten = await writer.TryWriteAsync(
                new WriteTask(application.Id, due, state, days, recent, Progress: null), count, cancellation);
        }
        while (!isWritten);
        count.Lag = 0;
    }

    private async Task AlertAsync(ArchiveFailure failure, CancellationToken cancellation)
    {
        try
        {
            await alerts.RaiseAsync(
                ArchiveAlerts.Gap(failure.Application, time.GetUtcNow(), [new("problem", failure.Problem)]), cancellation);
        }
        catch (StoreUnavailableException)
        {
            // The failure is in the run's results. If it lasts, the next run raises the alert.
        }
    }

    // From the application after the start to the last, then from the first to the start. Applications that are being
    // deleted are left out: their master token is gone.
    private async IAsyncEnumerable<ManagedApplication> ReadAsync(
        AppId? start, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var (next, isFirst) = (start, true); isFirst || next is not null; isFirst = false)
        {
            var page = await applications.ListAsync(next, PageSize, cancellation);
            foreach (var application in page.Applications)
                if (application.State == CustodyState.Held) yield return application;
            next = page.Next;
        }
        for (var (next, isFirst) = ((AppId?)null, true); start is not null && (isFirst || next is not null); isFirst = false)
        {
            var page = await applications.ListAsync(next, PageSize, cancellation);
            foreach (var application in page.Applications)
            {
                if (string.CompareOrdinal(application.Id.ToString(), start.Value.ToString()) > 0) yield break;
                if (application.State == CustodyState.Held) yield return application;
            }
            next = page.Next;
        }
    }

    private async Task NoteAsync(RunProgress progress, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(settings.ProgressInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended)) await runs.WriteAsync(progress.As(ArchiveRunState.Running), CancellationToken.None);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
        catch (StoreUnavailableException)
        {
            // The run itself will fail at the store too. Until then it counts as interrupted, which does no harm.
        }
    }
}
