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

    public async ValueTask<AppId?> FindAsync(ApiToken token, CancellationToken cancellation) =>
        await store.GetAsync(Table, Partition(token), Row, cancellation) is { } row
            ? AppId.TryParse(row.GetString("Id"))
            : null;

    public async ValueTask AddAsync(ApiToken token, AppId application, CancellationToken cancellation) =>
        (await store.CommitAsync(
            Table, Partition(token), [RowChange.Put(new TableRow(Row, ("Id", application.ToString())))], cancellation)).OrThrow();

    /// <summary>Removes a pointer. Another instance may have done so already.</summary>
    public async ValueTask RemoveAsync(ApiToken token, CancellationToken cancellation) =>
        await store.CommitAsync(Table, Partition(token), [RowChange.Delete(Row)], cancellation);

    private static string Partition(ApiToken token) => Convert.ToHexStringLower(token.Hash);
}
