using Gatehouse.Storage;

namespace Gatehouse.Jobs;

/// <summary>
/// Remembers in the store when each job last ran, so that a run that was missed while nothing was running is made up for.
/// </summary>
/// <remarks>Table <c>Timers</c>, partition <c>timers</c>, a row for each job.</remarks>
public sealed class JobMemory(ITableStore store)
{
    private const string Table = "Timers";
    private const string Partition = "timers";
    private const string Ran = "Ran";
    private const int MostJobs = 100;

    /// <summary>When each job last ran, or was first seen, by name. A job whose row cannot be read is left out.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask<IReadOnlyDictionary<string, DateTimeOffset>> ReadAsync(CancellationToken cancellation)
    {
        var times = new Dictionary<string, DateTimeOffset>();
        foreach (var row in await store.ReadAsync(Table, Partition, RowRange.All, MostJobs, cancellation))
        {
            try
            {
                times[row.Key] = row.GetDateTimeOffset(Ran);
            }
            catch (RowFormatException)
            {
                // As a job that is seen for the first time.
            }
        }
        return times;
    }

    /// <summary>A job has run, or is seen for the first time.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask RememberAsync(string job, DateTimeOffset at, CancellationToken cancellation) =>
        (await store.CommitAsync(Table, Partition, [RowChange.Put(new TableRow(job, (Ran, at)))], cancellation)).OrThrow();
}
