using Gatehouse.Storage;

namespace Gatehouse.Server.Timers;

/// <summary>
/// Remembers in the store when each timer last ran, so that a run that was missed while the server was stopped is made up for at
/// the next start. The Functions host does the same in a blob.
/// </summary>
/// <remarks>Table <c>Timers</c>, partition <c>timers</c>, a row for each function.</remarks>
internal sealed class TimerMemory(ITableStore store)
{
    private const string Table = "Timers";
    private const string Partition = "timers";
    private const string Ran = "Ran";

    /// <summary>When a timer last ran, or when it was first seen; null if it was never seen.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask<DateTimeOffset?> FindAsync(string function, CancellationToken cancellation) =>
        await store.GetAsync(Table, Partition, function, cancellation) is { } row ? row.GetDateTimeOffset(Ran) : null;

    /// <summary>A timer has run, or is seen for the first time.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask RememberAsync(string function, DateTimeOffset at, CancellationToken cancellation) =>
        (await store.CommitAsync(Table, Partition, [RowChange.Put(new TableRow(function, (Ran, at)))], cancellation)).OrThrow();
}
