using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// An application as the store keeps it: one row with its name, its tokens and the number of its push configurations, so
/// that whatever must hold between them is changed in one commit or not at all.
/// </summary>
/// <remarks>
/// <para>Table <c>Applications</c>, partition: the first digit of the id, row: <c>a:{id}</c>; the application's push
/// configurations are the rows <c>p:{id}:...</c> of the same partition. 16 partitions take 16 x 2,000 rows a second, which
/// is more than an account's 20,000, and a page of applications reads them in order.</para>
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

    /// <summary>The change that writes the application over what was read, if nobody has written it since.</summary>
    public RowChange Replace() => RowChange.Replace(ToRow(), ReadETag);

    /// <summary>The change that removes the application, if nobody has written it since it was read.</summary>
    public RowChange Delete() => RowChange.Delete(RowKey(Id), ReadETag);

    private string ReadETag => ETag ?? throw new InvalidOperationException("The application was not read from the store.");

    private TableRow ToRow() => new(
        RowKey(Id),
        ("Name", Name), ("CreatedAt", CreatedAt), ("Tokens", Tokens.Bytes), ("PushConfigurations", PushConfigurations));
}
