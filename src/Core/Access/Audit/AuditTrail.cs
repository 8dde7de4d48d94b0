using System.Security.Cryptography;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Access.Audit;

/// <summary>
/// Records one row for each call that changes something, and for each refusal of a known caller. Reads:
/// <see cref="AuditReader"/>.
/// </summary>
/// <remarks>
/// <para>If the change is one commit to our store, <see cref="Row"/> of a <see cref="Done"/> entry is added to that commit,
/// so that both are written or neither; the table is then one of the <see cref="AuditSource"/>s. If another system is
/// called, a <see cref="CallRecord"/> writes the start before and the end after. A row without an end stays
/// <see cref="AuditOutcome.Started"/>: the outcome is not known.</para>
/// <para>Rows are in the table <c>Custody</c>, in the partition of the application that they are about, or in any for calls that
/// are not about one: so they can be part of a change's own commits. If the trail is apart, in an account of its own, they are
/// in the table <c>Audit</c>: 16 partitions <c>a0</c> to <c>aF</c> by the first digit of the application's id, and 16 partitions
/// <c>o0</c> to <c>oF</c> for other calls. Earlier versions always wrote there. A creation starts before its application is known,
/// so it can have two rows under one key, in two partitions. The one with the end counts. Rows are kept for
/// <see cref="Retention"/>.</para>
/// </remarks>
/// <param name="store">The store.</param>
/// <param name="sources">The other tables with audit rows.</param>
/// <param name="time">The clock.</param>
/// <param name="isApart">Whether the table <c>Audit</c> is in an account of its own, so that no commit can include its rows.</param>
public sealed class AuditTrail(ITableStore store, IReadOnlyList<AuditSource> sources, TimeProvider time, bool isApart = false)
{
    /// <summary>How long rows are kept by default.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(400);

    /// <summary>The table of the trail.</summary>
    public const string Table = "Audit";

    private const int PurgedAtOnce = 8;

    private static readonly AuditSource[] Own =
    [
        new(HexPartitions.ApplicationTable, HexPartitions.OfApplications, HexPartitions.Of),
        new(Table, [.. HexPartitions.OfApplications.Select(digit => $"a{digit}")], application => $"a{HexPartitions.Of(application)}"),
        new(Table, [.. HexPartitions.OfApplications.Select(digit => $"o{digit}")]),
    ];

    /// <summary>
    /// Every partition with rows of one application, or of all. A quiet one holds only what was written by an earlier version, or
    /// before the trail was apart.
    /// </summary>
    internal IEnumerable<(string Table, string Partition, bool IsQuiet)> Partitions(AppId? application = null) =>
        from source in Own.Concat(sources)
        from partition in application is { } id && source.PartitionOf is { } of ? [of(id)] : source.Partitions
        select (source.Table, partition, source.Table == (isApart ? HexPartitions.ApplicationTable : Table));

    /// <summary>The table and the partition of an entry.</summary>
    internal (string Table, string Partition) PlaceOf(AuditEntry entry)
    {
        var digit = entry.Application is { } about ? HexPartitions.Of(about) : entry.Id[..1].ToUpperInvariant();
        return isApart ? (Table, $"{(entry.Application is null ? 'o' : 'a')}{digit}") : (HexPartitions.ApplicationTable, digit);
    }

    /// <summary>The entry of a call that is done by the commit that the entry is part of.</summary>
    public AuditEntry Done(AuditCall call, AuditTarget target) => Entry(call, target, AuditOutcome.Done);

    /// <summary>The change that adds an entry, for a commit in a partition of an <see cref="AuditSource"/>.</summary>
    public static RowChange Row(AuditEntry entry) => RowChange.Insert(entry.ToRow());

    /// <summary>The entry of a call whose outcome is not known yet. It is not written.</summary>
    internal AuditEntry Begin(AuditCall call, AuditTarget target) => Entry(call, target, AuditOutcome.Started);

    /// <summary>The entry with its outcome and what is known now. A null in the target keeps what the entry says.</summary>
    internal AuditEntry End(AuditEntry started, bool done, AuditTarget target) => started with
    {
        Application = target.Application ?? started.Application,
        Subject = target.Subject ?? started.Subject,
        Label = target.Label ?? started.Label,
        Outcome = done ? AuditOutcome.Done : AuditOutcome.Failed,
        EndedAt = time.GetUtcNow(),
    };

    /// <summary>Writes an entry, with other rows of its partition.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer.</exception>
    internal async Task WriteAsync(AuditEntry entry, IReadOnlyList<RowChange> beside, CancellationToken cancellation)
    {
        var (table, partition) = PlaceOf(entry);
        (await store.CommitAsync(table, partition, [RowChange.Put(entry.ToRow()), .. beside], cancellation)).OrThrow();
    }

    /// <summary>Records that a known caller was refused.</summary>
    public Task RefuseAsync(AuditCall call, AppId? application, CancellationToken cancellation) =>
        WriteAsync(Entry(call, new AuditTarget(application), AuditOutcome.Refused), [], cancellation);

    /// <summary>
    /// Deletes the rows of calls before an instant, and returns how many. Several instances may do this at once.
    /// </summary>
    public async Task<int> PurgeAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        var purged = 0;
        await Parallel.ForEachAsync(
            Partitions(), new ParallelOptions { MaxDegreeOfParallelism = PurgedAtOnce, CancellationToken = cancellation },
            async (place, stop) => Interlocked.Add(ref purged, await PurgeAsync(place.Table, place.Partition, before, stop)));
        return purged;
    }

    private async Task<int> PurgeAsync(string table, string partition, DateTimeOffset before, CancellationToken cancellation)
    {
        var purged = 0;
        var range = AuditPosition.Between(null, before);
        while (await store.ReadAsync(table, partition, range, TableLimits.ChangesPerCommit, cancellation) is { Count: > 0 } rows)
        {
            var deletion = await store.CommitAsync(table, partition, [.. rows.Select(row => RowChange.Delete(row.Key))], cancellation);
            // If it fails, another instance has deleted one of them: what is left is read again.
            if (deletion.Succeeded) purged += rows.Count;
        }
        return purged;
    }

    private AuditEntry Entry(AuditCall call, AuditTarget target, AuditOutcome outcome)
    {
        var now = time.GetUtcNow();
        var id = RandomNumberGenerator.GetHexString(16, lowercase: true);
        return new AuditEntry(
            id, now, call.Caller.Name, call.Role, call.Operation, target.Application, target.Subject, target.Label, outcome,
            outcome == AuditOutcome.Started ? null : now, call.RequestId, call.IdempotencyKey?.ToString());
    }
}
