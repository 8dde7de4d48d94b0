using Gatehouse.Storage;

namespace Gatehouse.Platform.Embedded;

/// <summary>
/// From a token to the application it was issued by. A pointer grants nothing: what grants is the token's entry in the
/// application's row. So a pointer is written before that entry and removed after it, and one that is left over by a crash
/// leads nowhere.
/// </summary>
/// <remarks>
/// Table <c>ApiTokens</c>, a partition for each token, named by its SHA-256. The pointers of a deleted application stay: by
/// them its tokens are told that the application is gone, not that they never were.
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

    /// <summary>Removes a pointer that leads nowhere any more. Another instance may have done so already.</summary>
    public async ValueTask RemoveAsync(ApiToken token, CancellationToken cancellation) =>
        await store.CommitAsync(Table, Partition(token), [RowChange.Delete(Row)], cancellation);

    private static string Partition(ApiToken token) => Convert.ToHexStringLower(token.Hash);
}
