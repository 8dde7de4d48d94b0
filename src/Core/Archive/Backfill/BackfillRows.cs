using System.Globalization;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Archive.Backfill;

/// <summary>
/// Stores the backfills. Each is a row <c>backfill:{id}</c> in its application's partition of the archive, where a row
/// <c>span:{from}:{to}</c> names the last one for the same days. Until it is finished, it also has a row <c>{ms since
/// 1970}:{app id}:{id}</c> in table <c>Archive</c>, partition <c>backfills</c>, the oldest first.
/// </summary>
/// <remarks>
/// The row in the queue is written first, and removed once the backfill is found finished. So the timer finds every backfill
/// that was accepted.
/// </remarks>
internal sealed class BackfillRows(ITableStore store)
{
    private const string QueuePartition = "backfills";

    private readonly ArchiveRows rows = new(store);

    public async ValueTask<BackfillJob?> FindAsync(AppId application, Guid id, CancellationToken cancellation) =>
        await store.GetAsync(ArchiveRows.Table, ArchiveRows.Partition(application), BackfillJob.RowKey(id), cancellation) is { } row
            ? BackfillJob.Read(application, row)
            : null;

    /// <summary>Orders a backfill; where one for the same days is running, that one is returned.</summary>
    public async Task<BackfillJob> AddAsync(BackfillJob ordered, CancellationToken cancellation)
    {
        while (true)
        {
            var span = await FindSpanAsync(ordered.Application, ordered.Days, cancellation);
            if (await FindRunningAsync(ordered.Application, span, cancellation) is { } first)
            {
                await EnqueueAsync(first, cancellation);
                return first;
            }
            await EnqueueAsync(ordered, cancellation);
            var named = new TableRow(SpanKey(ordered.Days), ("Id", ordered.Id.ToString("N")));
            var result = await rows.CommitAsync(
                ordered.Application,
                [ordered.ToChange(), span is null ? RowChange.Insert(named) : RowChange.Replace(named, span.ETag!)], cancellation);
            if (result.Succeeded) return ordered with { ETag = result.ETags[0] };
            await DequeueAsync(KeyOf(ordered), cancellation);
        }
    }

    /// <summary>The running backfill for these days; null if there is none.</summary>
    public async Task<BackfillJob?> FindRunningAsync(AppId application, DayRange days, CancellationToken cancellation) =>
        await FindRunningAsync(application, await FindSpanAsync(application, days, cancellation), cancellation);

    /// <summary>Replaces the backfill that was read; false where it was changed meanwhile.</summary>
    public async ValueTask<bool> TryReplaceAsync(BackfillJob backfill, CancellationToken cancellation) =>
        (await rows.CommitAsync(backfill.Application, [backfill.ToChange()], cancellation)).Succeeded;

    /// <summary>The first thousand in the queue, the oldest first.</summary>
    public async ValueTask<IReadOnlyList<QueuedBackfill>> ReadQueueAsync(CancellationToken cancellation) => ReadableRows.Of(
        await store.ReadAsync(ArchiveRows.OperationsTable, QueuePartition, RowRange.All, TableLimits.RowsPerRead, cancellation),
        row => QueuedBackfill.Read(row.Key));

    /// <summary>Removes one from the queue. Another instance may have done so already.</summary>
    public async ValueTask DequeueAsync(string key, CancellationToken cancellation) =>
        await store.CommitAsync(ArchiveRows.OperationsTable, QueuePartition, [RowChange.Delete(key)], cancellation);

    private ValueTask<TableRow?> FindSpanAsync(AppId application, DayRange days, CancellationToken cancellation) =>
        store.GetAsync(ArchiveRows.Table, ArchiveRows.Partition(application), SpanKey(days), cancellation);

    private async Task<BackfillJob?> FindRunningAsync(AppId application, TableRow? span, CancellationToken cancellation) =>
        span is not null && await FindAsync(application, Guid.ParseExact(span.GetString("Id"), "N"), cancellation) is { State: BackfillState.Running } found
            ? found
            : null;

    private async ValueTask EnqueueAsync(BackfillJob backfill, CancellationToken cancellation) =>
        (await store.CommitAsync(
            ArchiveRows.OperationsTable, QueuePartition, [RowChange.Put(new TableRow(KeyOf(backfill)))], cancellation)).OrThrow();

    private static string SpanKey(DayRange days) => $"span:{ArchiveDays.Text(days.From)}:{ArchiveDays.Text(days.To)}";

    private static string KeyOf(BackfillJob backfill) =>
        $"{TimeKeys.Milliseconds(backfill.CreatedAt)}:{backfill.Application}:{backfill.Id:N}";
}

/// <summary>An entry in the queue.</summary>
/// <param name="Key">The row's key.</param>
/// <param name="CreatedAt">When the backfill was ordered.</param>
/// <param name="Application">Its application.</param>
/// <param name="Id">Its id.</param>
internal sealed record QueuedBackfill(string Key, DateTimeOffset CreatedAt, AppId Application, Guid Id)
{
    public static QueuedBackfill Read(string key) => key.Split(':') is [var at, var application, var id]
        ? new(
            key, DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(at, CultureInfo.InvariantCulture)),
            AppId.TryParse(application) ?? throw Unfit(key), Guid.ParseExact(id, "N"))
        : throw Unfit(key);

    private static RowFormatException Unfit(string key) => new($"Row '{key}' is not an entry of the queue.");
}
