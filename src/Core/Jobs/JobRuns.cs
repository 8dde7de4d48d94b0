using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Jobs;

/// <summary>The last runs of a job.</summary>
/// <param name="Last">The last one that has begun; null for none.</param>
/// <param name="Notable">The last ones that did something or did not end well, the newest first.</param>
public sealed record JobHistory(JobRun? Last, IReadOnlyList<JobRun> Notable);

/// <summary>Keeps the last runs of each job.</summary>
/// <remarks>
/// Table <c>Timers</c>, a partition <c>runs:{job}</c> for each job. The row <c>last</c> is its last run. A run that did something or
/// did not end well has a row of its own, <c>r:{time, counted down}</c>. A job that runs every minute and finds nothing to do would
/// soon leave no other.
/// </remarks>
public sealed class JobRuns(ITableStore store)
{
    /// <summary>How many notable runs of a job are kept.</summary>
    public const int Kept = 20;

    private const string Table = "Timers";
    private const string LastRow = "last";
    private const string NotablePrefix = "r:";
    private const string CountPrefix = "Count_";

    /// <summary>Keeps a run, and forgets old ones.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask AddAsync(string job, JobRun run, CancellationToken cancellation)
    {
        List<RowChange> changes = [RowChange.Put(ToRow(LastRow, run))];
        if (run.Outcome is JobOutcome.Failed or JobOutcome.Stopped || run.Result.Counts.Count > 0)
        {
            // Two instances can begin a run in the same tick: then one row stands for both.
            var notable = ToRow(NotablePrefix + TimeKeys.NewestFirst(run.BeganAt.UtcTicks), run);
            changes.Add(RowChange.Put(notable));
            var before = await store.ReadAsync(Table, PartitionOf(job), RowRange.Prefix(NotablePrefix), TableLimits.ChangesPerCommit - changes.Count, cancellation);
            changes.AddRange(before.Where(row => row.Key != notable.Key).Skip(Kept - 1).Select(row => RowChange.Delete(row.Key)));
        }
        (await store.CommitAsync(Table, PartitionOf(job), changes, cancellation)).OrThrow();
    }

    /// <summary>The last runs of jobs, in their order. A run whose row is damaged is left out.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask<IReadOnlyList<JobHistory>> ReadAsync(IReadOnlyList<string> jobs, CancellationToken cancellation)
    {
        var found = await store.ReadEachAsync(Table, [.. jobs.Select(PartitionOf)], RowRange.All, Kept + 1, cancellation);
        return
        [
            .. found.Select(rows => new JobHistory(
                ReadableRows.Of([.. rows.Where(row => row.Key == LastRow)], Read).FirstOrDefault(),
                ReadableRows.Of([.. rows.Where(row => row.Key != LastRow)], Read))),
        ];
    }

    private static string PartitionOf(string job) => $"runs:{job}";

    private static TableRow ToRow(string key, JobRun run) => new(
        key, null,
        [
            new("BeganAt", run.BeganAt), new("DurationMs", (long)run.Duration.TotalMilliseconds), new("Outcome", run.Outcome.ToString()),
            .. run.Result.Counts.Select(one => new RowProperty(CountPrefix + one.What, one.Count)),
        ]);

    private static JobRun Read(TableRow row) => new(
        row.GetDateTimeOffset("BeganAt"), TimeSpan.FromMilliseconds(row.GetInt64("DurationMs")),
        Enum.Parse<JobOutcome>(row.GetString("Outcome")),
        new JobResult(
        [
            .. row.Properties.Where(property => property.Name.StartsWith(CountPrefix, StringComparison.Ordinal))
                .Select(property => (property.Name[CountPrefix.Length..], row.GetInt64(property.Name))),
        ]));
}
