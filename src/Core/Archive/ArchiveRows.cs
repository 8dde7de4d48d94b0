using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>
/// Reads and writes the archive: table <c>DailyMessageCounts</c>, a partition for each application.
/// </summary>
/// <remarks>
/// <para>Rows, in this order: <c>yyyy-MM-dd</c>, a day (<see cref="ArchivedDay"/>); <c>archive</c>, the state of the archive
/// (<see cref="ArchiveState"/>); <c>backfill:{id}</c> and <c>span:{from}:{to}</c>, the backfills. So the days are all the
/// rows before <c>:</c>.</para>
/// <para>Every application has its own partition, which gets one commit a day. At the account's 20,000 rows a second, a run
/// over 5,000 applications takes one second, and no partition is busy.</para>
/// </remarks>
internal sealed class ArchiveRows(ITableStore store)
{
    public const string Table = "DailyMessageCounts";

    /// <summary>The table of the runs and of the backfill queue.</summary>
    public const string OperationsTable = "Archive";

    // The first possible key after ArchiveState.RowKey.
    private const string BehindState = ArchiveState.RowKey + " ";

    public static string Partition(AppId application) => application.ToString();

    public async ValueTask<ArchiveState?> FindStateAsync(AppId application, CancellationToken cancellation) =>
        await store.GetAsync(Table, Partition(application), ArchiveState.RowKey, cancellation) is { } row ? ArchiveState.Read(row) : null;

    /// <summary>The state of the archive, and its days from a first day on, in one read.</summary>
    public async ValueTask<(ArchiveState? State, IReadOnlyList<ArchivedDay> Days)> ReadAsync(
        AppId application, DateOnly from, CancellationToken cancellation)
    {
        var rows = await store.ReadAsync(
            Table, Partition(application), new RowRange(ArchiveDays.Text(from), BehindState), TableLimits.RowsPerRead, cancellation);
        var days = ReadableRows.Of(rows.TakeWhile(row => row.Key != ArchiveState.RowKey), ArchivedDay.Read);
        var state = rows is [.., { Key: ArchiveState.RowKey } last] ? ArchiveState.Read(last)
            : rows.Count == TableLimits.RowsPerRead ? await FindStateAsync(application, cancellation)
            : null;
        return (state, days);
    }

    /// <summary>
    /// The first 1,000 archived days of a range, the earliest first. A damaged one counts as not archived: it is read
    /// from the platform again where that still has it.
    /// </summary>
    /// <returns>The days, and whether there may be more: damaged ones are not among the days, but count for the thousand.</returns>
    public async ValueTask<(IReadOnlyList<ArchivedDay> Days, bool HasMore)> ReadDaysAsync(
        AppId application, DayRange days, CancellationToken cancellation)
    {
        var rows = await store.ReadAsync(
            Table, Partition(application), new RowRange(ArchiveDays.Text(days.From), ArchiveDays.Text(days.To) + " "),
            TableLimits.RowsPerRead, cancellation);
        return (ReadableRows.Of(rows, ArchivedDay.Read), rows.Count == TableLimits.RowsPerRead);
    }

    public ValueTask<CommitResult> CommitAsync(
        AppId application, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
        store.CommitAsync(Table, Partition(application), changes, cancellation);
}
