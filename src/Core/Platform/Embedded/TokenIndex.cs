using Gatehouse.Common;
using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// Finds the application of a token. A pointer grants nothing: access is granted by the token's entry in the application's
/// row. So a pointer is written before that entry and removed after it, and a pointer that a crash leaves behind leads
/// nowhere.
/// </summary>
/// <remarks>
/// Table <c>ApiTokens</c>, a partition for each token, named by its SHA-256. The pointers of a deleted application stay, so
/// that its tokens are answered "application deleted" and not "unknown".
/// </remarks>
internal sealed class TokenIndex(ITableStore store)
{
    private const string Table = "ApiTokens";
    private const string Row = "application";

    /// <summary>The pointer to the application's row (<see cref="Place.Of"/>); null for an unknown token.</summary>
    public ValueTask<TableRow?> FindAsync(ApiToken token, CancellationToken cancellation) => store.GetAsync(Table, token.HashText, Row, cancellation);

    public async ValueTask AddAsync(ApiToken token, AppId application, CancellationToken cancellation) =>
        (await store.CommitAsync(
            Table, token.HashText, [RowChange.Put(new TableRow(Row, ("Id", application.ToString())))], cancellation)).OrThrow();

    /// <summary>Removes a pointer. Another instance may have done so already.</summary>
    public async ValueTask RemoveAsync(ApiToken token, CancellationToken cancellation) =>
        await store.CommitAsync(Table, token.HashText, [RowChange.Delete(Row)], cancellation);

    /// <summary>The keys of an application's row.</summary>
    internal sealed class Place(AppId id)
    {
        public readonly string Partition = HexPartitions.Of(id);
        public readonly string RowKey = ApplicationRecord.RowKey(id);

        /// <summary>The place that a pointer names; null if it names none.</summary>
        public static Place? Of(TableRow? pointer) => pointer?.As(Read);

        private static Place? Read(TableRow row) => AppId.TryParse(row.GetString("Id")) is { } id ? new Place(id) : null;
    }
}
