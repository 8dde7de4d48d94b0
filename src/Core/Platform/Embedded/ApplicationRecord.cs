using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// An application in the store: one row with its name, its tokens and the number of its push configurations, so that these
/// change together in one commit.
/// </summary>
/// <remarks>
/// Table <c>Applications</c>, partition: the first digit of the id, row: <c>a:{id}</c>. The application's push
/// configurations are rows <c>p:{id}:...</c> in the same partition. A page of applications reads the 16 partitions in order.
/// </remarks>
internal sealed record ApplicationRecord(
    AppId Id, string Name, DateTimeOffset CreatedAt, SealedTokenList Tokens, int PushConfigurations, string? ETag = null)
{
    public const string Table = "Applications";
    public const string RowPrefix = "a:";

    public string Partition => HexPartitions.Of(Id);

    public static string RowKey(AppId id) => RowPrefix + id;

    public static ApplicationRecord Read(TableRow row) => new(
        ApplicationRows.IdOf(row.Key, row.Key.AsSpan(RowPrefix.Length)),
        row.GetString("Name"),
        row.GetDateTimeOffset("CreatedAt"),
        new SealedTokenList(row.GetBinary("Tokens")),
        (int)row.GetInt64("PushConfigurations"),
        row.ETag);

    /// <summary>The change that adds the application.</summary>
    public RowChange Insert() => RowChange.Insert(ToRow());

    /// <summary>The change that replaces the application that was read. It fails where it was changed since.</summary>
    public RowChange Replace() => RowChange.Replace(ToRow(), ReadETag);

    /// <summary>The change that removes the application. It fails where it was changed since it was read.</summary>
    public RowChange Delete() => RowChange.Delete(RowKey(Id), ReadETag);

    private string ReadETag => ETag ?? throw new InvalidOperationException("The application was not read from the store.");

    private TableRow ToRow() => new(
        RowKey(Id),
        ("Name", Name), ("CreatedAt", CreatedAt), ("Tokens", Tokens.Bytes), ("PushConfigurations", PushConfigurations));
}
