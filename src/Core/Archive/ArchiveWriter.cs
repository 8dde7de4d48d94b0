using Gatehouse.Alerts;
using Gatehouse.Storage;
using Gatehouse.Usage;

namespace Gatehouse.Archive;

/// <summary>Counts of what was written, for one application or several.</summary>
internal sealed class WriteTotals
{
    public long Written { get; set; }

    public long Corrected { get; set; }

    /// <summary>How many days the archive is behind yesterday.</summary>
    public int Lag { get; set; }
}

/// <summary>Days to read from the platform and to write to the archive.</summary>
/// <param name="Application">The application.</param>
/// <param name="Days">The days.</param>
/// <param name="State">The state of the archive, as it was before the platform was asked.</param>
/// <param name="Known">The archived days from <paramref name="KnownFrom"/> on.</param>
/// <param name="KnownFrom">From this day on, <paramref name="Known"/> is complete.</param>
/// <param name="Progress">The progress of the backfill that reads the days; null where the daily run reads them.</param>
internal sealed record WriteTask(
    AppId Application, DayRange Days, ArchiveState State, IReadOnlyList<ArchivedDay> Known, DateOnly KnownFrom,
    IProgressRow? Progress);

/// <summary>A row with the progress of a task. It is written in the same commit as the days.</summary>
internal interface IProgressRow
{
    /// <summary>The change that records that every day up to <paramref name="through"/> has been read.</summary>
    RowChange Change(DateOnly through, int missing);

    /// <summary>Called when that change has been committed.</summary>
    void OnCommitted(string etag);
}

/// <summary>
/// Reads days from the platform and writes them, in as few commits as possible. Each commit advances the state with its
/// days, so that an interrupted run continues after the last commit.
/// </summary>
internal sealed class ArchiveWriter(
    ArchiveRows rows, DailyCountReader counts, UsageStatistics webhooks, AlertOutbox alerts, ArchiveSettings settings)
{
    // The days of a chunk, missing ones included, are read from the store in one range.
    private const int MostDaysPerChunk = 900;

    /// <summary>False where another instance has written meanwhile: then the state has to be read again.</summary>
    public async Task<bool> TryWriteAsync(WriteTask task, WriteTotals totals, CancellationToken cancellation)
    {
        var chunk = new Chunk(task.State, TableLimits.ChangesPerCommit - (task.Progress is null ? 1 : 2));
        try
        {
            await foreach (var window in counts.ReadAsync(task.Application, task.Days, cancellation))
            {
                foreach (var reading in window)
                {
                    chunk.Add(reading);
                    if (chunk.IsFull && !await TryCommitAsync(task, chunk, totals, cancellation)) return false;
                }
            }
        }
        catch (Exception e) when (ArchiveFailure.Is(e) && e is not StoreUnavailableException)
        {
            // Days that were answered before the failure are stored, so that they are not requested again.
            if (!chunk.IsEmpty) await TryCommitAsync(task, chunk, totals, cancellation);
            throw;
        }
        return chunk.IsEmpty || await TryCommitAsync(task, chunk, totals, cancellation);
    }

    private async Task<bool> TryCommitAsync(WriteTask task, Chunk chunk, WriteTotals totals, CancellationToken cancellation)
    {
        var readings = chunk.Take();
        var span = new DayRange(readings[0].Day, readings[^1].Day);
        var existing = (span.From >= task.KnownFrom ? task.Known : (await rows.ReadDaysAsync(task.Application, span, cancellation)).Days)
            .Where(day => span.Contains(day.Day)).ToDictionary(day => day.Day);
        var webhookCounts = await WebhookCountsAsync(task.Application, span, cancellation);
        var since = WebhooksSinceOf(chunk.State, span, webhookCounts);
        var days = readings.Where(reading => reading.Count is not null).Select(reading => DayOf(reading, existing, webhookCounts, since)).ToList();
        var missing = readings.Where(reading => reading.Count is null && !existing.ContainsKey(reading.Day)).ToList();

        // Before the commit, because its state says that the alerts have been raised.
        foreach (var day in days) await CompareAsync(task.Application, day, since, cancellation);
        if (task.Progress is null) await ReportAsync(task.Application, chunk.State, missing, cancellation);

        var state = StateOf(task, chunk.State, readings, missing) with { WebhooksSince = since };
        List<RowChange> changes = [.. days.Select(day => RowChange.Put(day.ToRow())), state.ToChange()];
        if (task.Progress is { } progress) changes.Add(progress.Change(span.To, missing.Count));
        var result = await rows.CommitAsync(task.Application, changes, cancellation);
        if (!result.Succeeded) return false;
        chunk.State = state with { ETag = result.ETags[days.Count] };
        task.Progress?.OnCommitted(result.ETags[^1]!);
        totals.Written += days.Count;
        totals.Corrected += days.Count(day => existing.TryGetValue(day.Day, out var before) && before.Count != day.Count);
        return true;
    }

    private static ArchiveState StateOf(
        WriteTask task, ArchiveState before, DayReading[] readings, List<DayReading> missing)
    {
        IEnumerable<DayReading> lost = missing;
        var (last, final) = (readings[^1].Day, ArchiveDays.Of(readings[0].ReadAt).AddDays(-ArchiveDays.Corrected));
        if (task.Progress is not null) lost = lost.Where(reading => reading.Day >= before.From && reading.Day <= before.Through);
        var days = before.With([.. lost], readings.Select(reading => reading.Day).Except(missing.Select(reading => reading.Day)));
        return task.Progress is not null ? days : days with
        {
            Through = last,
            FinalThrough = ArchiveDays.Later(before.From.AddDays(-1), ArchiveDays.Earlier(last, final)),
            ReadAt = readings[^1].ReadAt,
        };
    }

    // A final day stays final if the clock is set back.
    private ArchivedDay DayOf(
        DayReading reading, Dictionary<DateOnly, ArchivedDay> existing, Dictionary<DateOnly, long>? webhookCounts, DateOnly? since)
    {
        var wasThere = existing.TryGetValue(reading.Day, out var before);
        return new ArchivedDay(
            reading.Day, reading.Count!.Value, settings.Source,
            ArchiveDays.IsFinal(reading.Day, reading.ReadAt) || (wasThere && before.Final), reading.ReadAt,
            webhookCounts is not null && reading.Day >= since ? webhookCounts.GetValueOrDefault(reading.Day) : null)
        {
            History = wasThere ? before.HistoryBefore(reading.Count.Value) : null,
        };
    }

    // Null where webhook counts are not stored.
    private async Task<Dictionary<DateOnly, long>?> WebhookCountsAsync(AppId application, DayRange span, CancellationToken cancellation)
    {
        if (!settings.KeepsWebhookCounts) return null;
        var webhookCounts = new Dictionary<DateOnly, long>();
        for (var from = span.From; from <= span.To; from = from.AddDays(UsageStatistics.MostDays))
        {
            var to = ArchiveDays.Earlier(span.To, from.AddDays(UsageStatistics.MostDays - 1));
            foreach (var count in await webhooks.DailyCountsAsync(application, from, to, cancellation)) webhookCounts[count.Day] = count.Messages;
        }
        return webhookCounts;
    }

    private static DateOnly? WebhooksSinceOf(ArchiveState state, DayRange span, Dictionary<DateOnly, long>? webhookCounts)
    {
        if (webhookCounts is null) return state.WebhooksSince;
        for (var day = span.From; day <= span.To && !(day >= state.WebhooksSince); day = day.AddDays(1))
            if (webhookCounts[day] > 0) return day;
        return state.WebhooksSince;
    }

    // The first day with webhook counts is not compared: the webhooks were set up during that day.
    private async Task CompareAsync(AppId application, ArchivedDay day, DateOnly? since, CancellationToken cancellation)
    {
        if (!day.Final || day.WebhookCount is not { } webhookCounts || !(day.Day > since)) return;
        if (100 * Int128.Abs(day.Count - (Int128)webhookCounts) <= day.Count) return;
        await alerts.RaiseAsync(
            new Alert(
                $"{AlertTypes.ArchiveDifference}:{application}:{ArchiveDays.Text(day.Day)}", AlertTypes.ArchiveDifference,
                day.ArchivedAt, application,
                [
                    new("date", ArchiveDays.Text(day.Day)), new("count", $"{day.Count}"), new("webhook_count", $"{webhookCounts}"),
                ]),
            cancellation);
    }

    // Reports days without a count that the platform no longer corrects.
    private async Task ReportAsync(
        AppId application, ArchiveState state, List<DayReading> missing, CancellationToken cancellation)
    {
        var lost = missing
            .Where(reading => ArchiveDays.IsFinal(reading.Day, reading.ReadAt)
                && !(reading.Day <= state.FinalThrough && state.Missing.Contains(reading.Day)))
            .ToList();
        if (lost.Count == 0) return;
        await alerts.RaiseAsync(
            ArchiveAlerts.Gap(
                application, lost[^1].ReadAt,
                [
                    new("from", ArchiveDays.Text(lost[0].Day)), new("to", ArchiveDays.Text(lost[^1].Day)),
                    new("days", $"{lost.Count}"), new("reason", Reasons(lost)),
                ]),
            cancellation);
    }

    private static string Reasons(List<DayReading> lost) =>
        string.Join(", ", lost.Select(reading => reading.Reason).Distinct().Order().Select(GapReasons.NameOf));

    /// <summary>What was read but not written yet, and the state as it was last written.</summary>
    private sealed class Chunk(ArchiveState state, int mostRows)
    {
        private readonly List<DayReading> readings = [];
        private int rows;

        public ArchiveState State { get; set; } = state;

        public bool IsEmpty => readings.Count == 0;

        public bool IsFull => rows == mostRows || readings.Count == MostDaysPerChunk;

        public void Add(DayReading reading)
        {
            readings.Add(reading);
            if (reading.Count is not null) rows++;
        }

        public DayReading[] Take()
        {
            DayReading[] taken = [.. readings];
            readings.Clear();
            rows = 0;
            return taken;
        }
    }
}

/// <summary>The alerts of the archive.</summary>
internal static class ArchiveAlerts
{
    /// <summary>The archive has a gap: one alert for each application and day, whatever the causes.</summary>
    public static Alert Gap(AppId application, DateTimeOffset at, IReadOnlyList<KeyValuePair<string, string>> facts) => new(
        $"{AlertTypes.ArchiveGap}:{application}:{ArchiveDays.Text(ArchiveDays.Of(at))}", AlertTypes.ArchiveGap, at, application, facts);
}
