using System.Security.Cryptography;
using System.Text;
using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Alerts;

/// <summary>What is to be done with an alert.</summary>
internal enum AlertState
{
    /// <summary>It is to be delivered.</summary>
    Pending,

    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>The receiver could not be told, and is not tried again.</summary>
    Undeliverable,

    /// <summary>There was nobody to tell.</summary>
    Kept,
}

/// <summary>An alert in the outbox.</summary>
/// <remarks>
/// Table <c>Alerts</c>, partition: the first digit of the SHA-256 of the alert's key, so that sixteen share the load. Rows:
/// <c>k:{hash}</c>, the alert, which is there once however often it is raised; <c>d:{ms since 1970}:{hash}</c>, when something
/// is to be done with it, written in the same commit: to deliver it, or at last to forget it.
/// </remarks>
/// <param name="Alert">The alert.</param>
/// <param name="State">What is to be done with it.</param>
/// <param name="Tries">How many deliveries were begun.</param>
/// <param name="DueAt">When something is to be done with it.</param>
internal sealed record AlertRow(Alert Alert, AlertState State, int Tries, DateTimeOffset DueAt)
{
    public const string Table = "Alerts";

    private const string RowPrefix = "k:";
    private const string DuePrefix = "d:";
    private const string FactPrefix = "Fact_";

    /// <summary>What the alert is known by: the SHA-256 of its key, in hex.</summary>
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Alert.Key)));

    /// <summary>The partition.</summary>
    public string Partition => HexPartitions.Of(Hash);

    private string? ETag { get; init; }

    private string DueKey => $"{DuePrefix}{TimeKeys.Milliseconds(DueAt)}:{Hash}";

    /// <summary>The due rows up to an instant, the longest due first.</summary>
    public static RowRange DueBy(DateTimeOffset now) =>
        new(DuePrefix, $"{DuePrefix}{TimeKeys.Milliseconds(now)};");

    /// <summary>The alert's row that a due row speaks of.</summary>
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

    /// <summary>The changes that add it; they fail where it is there.</summary>
    public RowChange[] Insert() => [RowChange.Insert(ToRow()), RowChange.Insert(new TableRow(DueKey))];

    /// <summary>The changes that make it what it is now of what was read; they fail where somebody has changed it since.</summary>
    public RowChange[] Replace(AlertRow read)
    {
        var row = RowChange.Replace(ToRow(), read.ETag!);
        return DueKey == read.DueKey
            ? [row]
            : [row, RowChange.Delete(read.DueKey), RowChange.Insert(new TableRow(DueKey))];
    }

    /// <summary>The changes that remove it; they fail where somebody has changed it since it was read.</summary>
    public RowChange[] Delete() => [RowChange.Delete(RowPrefix + Hash, ETag), RowChange.Delete(DueKey)];

    /// <summary>The same, as it was written.</summary>
    public AlertRow Written(string etag) => this with { ETag = etag };

    private TableRow ToRow() => new(
        RowPrefix + Hash, null,
        [
            new("Key", Alert.Key), new("Type", Alert.Type), new("At", Alert.At), new("Application", Alert.Application.ToString()),
            new("State", State.ToString()), new("Tries", (long)Tries), new("DueAt", DueAt),
            .. Alert.Facts.Select(fact => new RowProperty(FactPrefix + fact.Key, fact.Value)),
        ]);
}
