using System.Globalization;
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
/// called, <see cref="StartAsync"/> comes before and <see cref="EndAsync"/> after. A row without an end stays
/// <see cref="AuditOutcome.Started"/>: the outcome is not known.</para>
/// <para>Own table <c>Audit</c>: 16 partitions <c>a0</c> to <c>aF</c> by the first digit of the application's id, and 16
/// partitions <c>o0</c> to <c>oF</c>, at random, for calls that are not about one application or create one. At 2,000 rows a
/// second for each partition, that is more than the account's 20,000. A page merges these 32 partitions with those of the
/// sources; for one application it merges 17. Rows are kept for <see cref="Retention"/>.</para>
/// </remarks>
public sealed class AuditTrail(ITableStore store, IReadOnlyList<AuditSource> sources, TimeProvider time)
{
    /// <summary>How long rows are kept by default.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(400);

    /// <summary>The table of the trail.</summary>
    public const string Table = "Audit";


    private static readonly AuditSource[] Own =
    [
        new(Table, [.. HexPartitions.OfApplications.Select(digit => $"a{digit}")], application => $"a{HexPartitions.Of(application)}"),
        new(Table, [.. HexPartitions.OfApplications.Select(digit => $"o{digit}")]),
    ];

    /// <summary>Every partition with rows of one application, or of all.</summary>
    internal IEnumerable<(string Table, string Partition)> Partitions(AppId? application = null) =>
        from source in Own.Concat(sources)
        from partition in application is { } id && source.PartitionOf is { } of ? [of(id)] : source.Partitions
        select (source.Table, partition);

    /// <summary>The entry of a call that is done by the commit that the entry is part of.</summary>
    public AuditEntry Done(AuditCall call, AuditTarget target) => Entry(call, target, AuditOutcome.Done);

    /// <summary>The change that adds an entry, for a commit in a partition of an <see cref="AuditSource"/>.</summary>
    public static RowChange Row(AuditEntry entry) => RowChange.Insert(entry.ToRow());

    /// <summary>Records the start of a call, before its outcome is known.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot answer: then the operation must not start.</exception>
    public Task<AuditEntry> StartAsync(AuditCall call, AuditTarget target, CancellationToken cancellation) =>
        AddAsync(Entry(call, target, AuditOutcome.Started), cancellation);

    /// <summary>Records the outcome of a call, and what is known now.</summary>
    /// <param name="started">The result of <see cref="StartAsync"/>.</param>
    /// <param name="done">Whether the operation was carried out.</param>
    /// <param name="target">What was created. A null keeps what the start says.</param>
    /// <param name="cancellation">Cancels; the row may then say <c>started</c> for ever.</param>
    public async Task EndAsync(AuditEntry started, bool done, AuditTarget target, CancellationToken cancellation)
    {
        var ended = started with
        {
            Application = target.Application ?? started.Application,
            Subject = target.Subject ?? started.Subject,
            Label = target.Label ?? started.Label,
            Outcome = done ? AuditOutcome.Done : AuditOutcome.Failed,
            EndedAt = time.GetUtcNow(),
        };
        (await store.CommitAsync(Own[0].Table, started.Partition, [RowChange.Put(ended.ToRow())], cancellation)).OrThrow();
    }

    /// <summary>Records that a known caller was refused.</summary>
    public Task RefuseAsync(AuditCall call, AppId? application, CancellationToken cancellation) =>
        AddAsync(Entry(call, new AuditTarget(application), AuditOutcome.Refused), cancellation);

    /// <summary>
    /// Deletes the rows of calls before an instant, and returns how many. Several instances may do this at once.
    /// </summary>
    public async Task<int> PurgeAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        var purged = 0;
        foreach (var (table, partition) in Partitions().Distinct())
        {
            var range = AuditPosition.Between(null, before);
            while (await store.ReadAsync(table, partition, range, TableLimits.ChangesPerCommit, cancellation) is { Count: > 0 } rows)
            {
                var deletion = await store.CommitAsync(table, partition, [.. rows.Select(row => RowChange.Delete(row.Key))], cancellation);
                // If it fails, another instance has deleted one of them: what is left is read again.
                if (deletion.Succeeded) purged += rows.Count;
            }
        }
        return purged;
    }

    private AuditEntry Entry(AuditCall call, AuditTarget target, AuditOutcome outcome)
    {
        var now = time.GetUtcNow();
        var id = RandomNumberGenerator.GetHexString(16, lowercase: true);
        return new AuditEntry(
            id, now, call.Caller.Name, call.Role, call.Operation, target.Application, target.Subject, target.Label, outcome,
            outcome == AuditOutcome.Started ? null : now, call.RequestId, call.IdempotencyKey?.ToString())
        {
            Partition = target.Application is { } about
                ? Own[0].PartitionOf!(about)
                : string.Create(CultureInfo.InvariantCulture, $"o{char.ToUpperInvariant(id[0])}"),
        };
    }

    private async Task<AuditEntry> AddAsync(AuditEntry entry, CancellationToken cancellation)
    {
        (await store.CommitAsync(Own[0].Table, entry.Partition, [Row(entry)], cancellation)).OrThrow();
        return entry;
    }
}
