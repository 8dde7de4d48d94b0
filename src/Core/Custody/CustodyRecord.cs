using System.Text.Json;
using System.Text.Json.Serialization;
using Gatehouse.Common;
using Gatehouse.Platform;
using Gatehouse.Storage;

namespace Gatehouse.Custody;

/// <summary>
/// The record of an application in custody: one row with its name, its leases and its lock, so that the row's ETag decides
/// between two writers.
/// </summary>
/// <remarks>
/// <para>Table <c>Custody</c>, partition: the first digit of the id, so that sixteen partitions share the load and a list of
/// all applications reads them in order. Rows: <c>a:{id}</c>, the application; <c>d:{ms since 1970}:{id}</c>, when the timer
/// has work for it, written in the same commit, so that the timer reads only what is due. Beside them are audit entries
/// (<c>audit:</c>) and stored answers (<c>x:</c>): <see cref="Access.Audit.CallRecord"/>.</para>
/// <para>An application has at most ten secondary tokens, so at most ten leases: a few KiB of a row's 1 MiB.</para>
/// </remarks>
internal sealed record CustodyRecord(
    AppId Id, string Name, DateTimeOffset CreatedAt, CustodyState State, string MasterHash,
    IReadOnlyList<Lease> Leases, LockEntry? Lock)
{
    public const string Table = HexPartitions.ApplicationTable;
    public const string RowPrefix = "a:";
    public const string DuePrefix = "d:";

    /// <summary>The row's ETag; null where it was not read.</summary>
    public string? ETag { get; init; }

    /// <summary>The call that has created the application; null where the sync has taken it in.</summary>
    public string? CreatedBy { get; init; }

    private string? WrittenDueKey { get; init; }

    public string Partition => HexPartitions.Of(Id);

    public static CustodyRecord Of(Application application) => new(
        application.Id, application.Name, application.CreatedAt, CustodyState.Held, LeasedToken.HashOf(application.Token), [],
        null);

    public static string RowKey(AppId id) => RowPrefix + id;

    /// <summary>The rows that are due at an instant, the longest overdue first.</summary>
    public static RowRange DueBy(DateTimeOffset now) => new(DuePrefix, $"{DuePrefix}{TimeKeys.Milliseconds(now)};");

    /// <summary>The application of a due row.</summary>
    public static AppId DueApplication(TableRow row) => IdAt(row.Key, row.Key.LastIndexOf(':') + 1);

    /// <exception cref="RowFormatException">The row is not a record.</exception>
    public static CustodyRecord Read(TableRow row) => ReadableRows.Read(row, ReadRow);

    /// <summary>What lists of applications tell, without the leases and the lock.</summary>
    /// <exception cref="RowFormatException">The row is not a record.</exception>
    public static (AppId Id, string Name, DateTimeOffset CreatedAt, CustodyState State) ReadBasics(TableRow row) => (
        IdAt(row.Key, RowPrefix.Length), row.GetString("Name"), row.GetDateTimeOffset("CreatedAt"),
        Enum.Parse<CustodyState>(row.GetString("State")));

    private static CustodyRecord ReadRow(TableRow row)
    {
        var (id, name, createdAt, state) = ReadBasics(row);
        var (leases, intent) = (row.GetString("Leases"), row.GetString("Intent"));
        return new CustodyRecord(
            id, name, createdAt, state, row.GetString("MasterHash"),
            leases == "[]" ? [] : JsonSerializer.Deserialize(leases, CustodyJson.Default.IReadOnlyListLease) ?? [],
            intent == "null" ? null : JsonSerializer.Deserialize(intent, CustodyJson.Default.LockEntry))
        {
            ETag = row.ETag,
            CreatedBy = row.Find("CreatedBy") as string,
            WrittenDueKey = row.GetString("DueKey") is { Length: > 0 } key ? key : null,
        };
    }

    /// <summary>The changes that add it.</summary>
    public IReadOnlyList<RowChange> Insert() => [RowChange.Insert(ToRow()), .. DueChanges(null)];

    /// <summary>The changes that replace the record that was read. They fail where it was changed since.</summary>
    public IReadOnlyList<RowChange> Replace() => [RowChange.Replace(ToRow(), ReadETag), .. DueChanges(WrittenDueKey)];

    /// <summary>The changes that remove it. They fail where it was changed since it was read.</summary>
    public IReadOnlyList<RowChange> Delete() =>
        [RowChange.Delete(RowKey(Id), ReadETag), .. WrittenDueKey is null ? [] : new[] { RowChange.Delete(WrittenDueKey) }];

    /// <summary>The same record with the ETag of the written row.</summary>
    public CustodyRecord Written(string etag) => this with { ETag = etag, WrittenDueKey = DueKey };

    public Lease? Find(string label) => Leases.FirstOrDefault(lease => lease.Label == label);

    /// <summary>The record with a lease added, or replaced by label.</summary>
    public CustodyRecord With(Lease lease) => Find(lease.Label) is null
        ? this with { Leases = [.. Leases, lease] }
        : Change(lease.Label, _ => lease);

    /// <summary>The record with one lease changed, where it exists, or removed, where the change returns null.</summary>
    public CustodyRecord Change(string label, Func<Lease, Lease?> change) => this with
    {
        Leases = [.. Leases.Select(lease => lease.Label == label ? change(lease) : lease).OfType<Lease>()],
    };

    /// <summary>
    /// The record with the platform's current data. The time of creation is kept: not every platform reports it.
    /// </summary>
    public CustodyRecord As(Application application) =>
        this with { Name = application.Name, MasterHash = LeasedToken.HashOf(application.Token) };

    /// <summary>Whether a token belongs to one of the leases.</summary>
    public bool Manages(ApiToken token)
    {
        foreach (var lease in Leases)
        {
            foreach (var one in lease.Tokens)
                if (one.Is(token)) return true;
        }
        return false;
    }

    // The holder of a lock does what is due. When the lock's time is over, the timer checks.
    private DateTimeOffset? DueAt =>
        Lock is not null ? Lock.Until
        : State == CustodyState.Deleting ? DateTimeOffset.UnixEpoch
        : Leases.Min(lease => lease.DueAt);

    private string? DueKey => DueAt is { } due ? $"{DuePrefix}{TimeKeys.Milliseconds(due)}:{Id}" : null;

    private string ReadETag => ETag ?? throw new InvalidOperationException("The application was not read from the store.");

    private IEnumerable<RowChange> DueChanges(string? writtenKey)
    {
        if (DueKey == writtenKey) yield break;
        if (writtenKey is not null) yield return RowChange.Delete(writtenKey);
        if (DueKey is { } key) yield return RowChange.Insert(new TableRow(key));
    }

    private TableRow ToRow()
    {
        List<RowProperty> properties =
        [
            new("Name", Name), new("CreatedAt", CreatedAt), new("State", State.ToString()), new("MasterHash", MasterHash),
            new("Leases", JsonSerializer.Serialize(Leases, CustodyJson.Default.IReadOnlyListLease)),
            new("Intent", JsonSerializer.Serialize(Lock!, CustodyJson.Default.LockEntry)), new("DueKey", DueKey ?? ""),
        ];
        if (CreatedBy is not null) properties.Add(new("CreatedBy", CreatedBy));
        return new TableRow(RowKey(Id), null, [.. properties]);
    }

    private static AppId IdAt(string key, int start) => ApplicationRows.IdOf(key, key.AsSpan(start));
}

/// <summary>
/// The lock of an application: one instance has the tokens to itself. It also holds what the next instance needs to know if
/// this one does not finish.
/// </summary>
/// <param name="Id">Identifies the holder.</param>
/// <param name="Since">When the lock was taken.</param>
/// <param name="Until">When another instance may take over.</param>
/// <param name="Issuing">Set while a token may have been issued that no lease names yet.</param>
internal sealed record LockEntry(Guid Id, DateTimeOffset Since, DateTimeOffset Until, IssueWindow? Issuing)
{
    // If the clock is set back, the application must not stay locked until the clock has caught up.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public static LockEntry Begin(DateTimeOffset now, TimeSpan time, IssueWindow? issuing) =>
        new(Guid.NewGuid(), now, now + time, issuing);

    public bool IsLive(DateTimeOffset now) => now < Until && now > Since - ClockTolerance;
}

/// <summary>
/// Recognizes a token that was issued under a lock: it did not exist before, and was issued between two instants. The
/// platform's clock may differ from ours by five minutes.
/// </summary>
/// <param name="Known">The hashes of the tokens that existed before.</param>
/// <param name="From">When the first attempt to issue began.</param>
/// <param name="To">When the last attempt may have ended.</param>
internal sealed record IssueWindow(IReadOnlyList<string> Known, DateTimeOffset From, DateTimeOffset To)
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public bool Covers(IssuedToken token) =>
        !Known.Contains(LeasedToken.HashOf(token.Token))
        && token.CreatedAt >= From - ClockTolerance && token.CreatedAt <= To + ClockTolerance;
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<Lease>))]
[JsonSerializable(typeof(LockEntry))]
internal sealed partial class CustodyJson : JsonSerializerContext;
