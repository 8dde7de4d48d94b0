using Gatehouse.Archive.Backfill;
using Gatehouse.Storage;

namespace Gatehouse.Archive;

/// <summary>
/// Reads and writes the archive: table <c>DailyMessageCounts</c>, a partition for each application.
/// </summary>
/// <remarks>
/// <para>Rows, in their order: <c>yyyy-MM-dd</c>, a day (<see cref="ArchivedDay"/>); <c>archive</c>, how far the archive has
/// got (<see cref="ArchiveState"/>); <c>backfill:{id}</c> and <c>span:{from}:{to}</c> (<see cref="BackfillRows"/>). So the
/// days are all that lies before <c>:</c>.</para>
/// <para>Every application has a partition of its own, which gets a commit a day: 20,000 rows a second of an account are a
/// run over 5,000 applications in one second, and no partition is ever busy.</para>
/// </remarks>
internal sealed class ArchiveRows(ITableStore store)
{
    public const string Table = "DailyMessageCounts";

    /// <summary>The table of runs and of the backfills' queue.</summary>
    public const string OperationsTable = "Archive";

    // The row key behind ArchiveState.RowKey.
    private const string BehindState = ArchiveState.RowKey + " ";

    public static string Partition(AppId application) => application.ToString();

    public async ValueTask<ArchiveState?> FindStateAsync(AppId application, CancellationToken cancellation) =>
        await store.GetAsync(Table, Partition(application), ArchiveState.RowKey, cancellation) is { } row ? ArchiveState.Read(row) : null;

    /// <summary>How far the archive has got, and the days from one on that it has, in one read.</summary>
    public async ValueTask<(ArchiveState? State, IReadOnlyList<ArchivedDay> Days)> ReadAsync(
        AppId application, DateOnly from, CancellationToken cancellation)
    {
        var rows = await store.ReadAsync(
            Table, Partition(application), new RowRange(ArchiveDays.Text(from), BehindState), TableLimits.RowsPerRead, cancellation);
        var days = rows.TakeWhile(row => row.Key != ArchiveState.RowKey).Select(ArchivedDay.Read).ToList();
        var state = days.Count < rows.Count ? ArchiveState.Read(rows[^1])
            : rows.Count == TableLimits.RowsPerRead ? await FindStateAsync(application, cancellation)
            : null;
        return (state, days);
    }

    /// <summary>The days of a range of at most 1,000 that the archive has, the earliest first.</summary>
    public async ValueTask<IReadOnlyList<ArchivedDay>> ReadDaysAsync(
        AppId application, DayRange days, CancellationToken cancellation)
    {
        var rows = await store.ReadAsync(
            Table, Partition(application), new RowRange(ArchiveDays.Text(days.From), ArchiveDays.Text(days.To) + " "),
            TableLimits.RowsPerRead, cancellation);
        return [.. rows.Select(ArchivedDay.Read)];
    }

    public ValueTask<CommitResult> CommitAsync(
        AppId application, IReadOnlyList<RowChange> changes, CancellationToken cancellation) =>
        store.CommitAsync(Table, Partition(application), changes, cancellation);
}
