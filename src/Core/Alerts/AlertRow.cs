using System.Security.Cryptography;
using System.Text;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Alerts;

/// <summary>The state of an alert. The names are stored.</summary>
internal enum AlertState
{
    /// <summary>It has to be delivered.</summary>
    Pending,

    /// <summary>The receiver has accepted it.</summary>
    Delivered,

    /// <summary>It could not be delivered, and is not tried again.</summary>
    Undeliverable,

    /// <summary>No receiver was configured.</summary>
    Kept,
}

/// <summary>An alert in the outbox.</summary>
/// <remarks>
/// Table <c>Alerts</c>, partition: the first digit of the SHA-256 of the alert's key. Rows: <c>k:{hash}</c>, the alert,
/// stored once however often it is raised; <c>d:{ms since 1970}:{hash}</c>, when the alert is due to be delivered or
/// removed, written in the same commit.
/// </remarks>
/// <param name="Alert">The alert.</param>
/// <param name="State">Its state.</param>
/// <param name="Tries">How many attempts were begun.</param>
/// <param name="DueAt">When it is due to be delivered or removed.</param>
internal sealed record AlertRow(Alert Alert, AlertState State, int Tries, DateTimeOffset DueAt)
{
    public const string Table = "Alerts";

    private const string RowPrefix = "k:";
    private const string DuePrefix = "d:";
    private const string FactPrefix = "Fact_";

    /// <summary>The SHA-256 of the alert's key, in hex.</summary>
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Alert.Key)));

    /// <summary>The partition.</summary>
    public string Partition => HexPartitions.Of(Hash);

    private string? ETag { get; init; }

    private string DueKey => $"{DuePrefix}{TimeKeys.Milliseconds(DueAt)}:{Hash}";

    /// <summary>The due rows up to an instant, the longest overdue first.</summary>
    public static RowRange DueBy(DateTimeOffset now) =>
        new(DuePrefix, $"{DuePrefix}{TimeKeys.Milliseconds(now)};");

    /// <summary>The key of the alert that a due row belongs to.</summary>
    public static string KeyOfDue(string dueKey) => RowPrefix + dueKey[(dueKey.LastIndexOf(':') + 1)..];

    public static AlertRow Read(TableRow row) => new(
        new Alert(
            row.GetString("Key"), row.GetString("Type"), row.GetDateTimeOffset("At"),
            AppId.TryParse(row.GetString("Application")) ?? throw new RowFormatException($"Row '{row.Key}' has no application."),
            [.. row.Properties
                .Where(property => property.Name.StartsWith(FactPrefix, StringComparison.Ordinal))
                .Select(property => KeyValuePair.Create(property.Name[FactPrefix.Length..], (string)property.Value))]),
        Enum.Parse<AlertState>(row.GetString("State")), (int)row.GetInt64("Tries"), row.GetDateTimeOffset("DueAt"))
    {
        ETag = row.ETag,
    };

    /// <summary>The changes that add it. They fail where it exists.</summary>
    public RowChange[] Insert() => [RowChange.Insert(ToRow()), RowChange.Insert(new TableRow(DueKey))];

    /// <summary>The changes that replace the alert that was read. They fail where it was changed since.</summary>
    public RowChange[] Replace(AlertRow read)
    {
        var row = RowChange.Replace(ToRow(), read.ETag!);
        return DueKey == read.DueKey
            ? [row]
            : [row, RowChange.Delete(read.DueKey), RowChange.Insert(new TableRow(DueKey))];
    }

    /// <summary>The changes that remove it. They fail where it was changed since it was read.</summary>
    public RowChange[] Delete() => [RowChange.Delete(RowPrefix + Hash, ETag), RowChange.Delete(DueKey)];

    /// <summary>The same alert with the ETag of the written row.</summary>
    public AlertRow Written(string etag) => this with { ETag = etag };

    private TableRow ToRow() => new(
        RowPrefix + Hash, null,
        [
            new("Key", Alert.Key), new("Type", Alert.Type), new("At", Alert.At), new("Application", Alert.Application.ToString()),
            new("State", State.ToString()), new("Tries", (long)Tries), new("DueAt", DueAt),
            .. Alert.Facts.Select(fact => new RowProperty(FactPrefix + fact.Key, fact.Value)),
        ]);
}
