using System.Net;
using System.Runtime.CompilerServices;

namespace Azure.Data.Tables.Rest;

/// <summary>Where a query goes on.</summary>
/// <param name="PartitionKey">The partition of the next entity, in the service's own writing.</param>
/// <param name="RowKey">Its row, likewise; null or empty for the partition's first.</param>
internal sealed record Continuation(string PartitionKey, string? RowKey)
{
    /// <summary>Where the pages after this response begin; null behind the last.</summary>
    public static Continuation? After(Response response) =>
        response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition)
            ? new Continuation(partition, response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var row) ? row : null)
            : null;

    /// <summary>Reads <see cref="ToString"/>'s text; of none, the first page.</summary>
    public static Continuation? Parse(string? token) =>
        string.IsNullOrEmpty(token) ? null : token.Split(' ') is [var partition, var row] ? new Continuation(partition, row) : new(token, null);

    public override string ToString() => $"{PartitionKey} {RowKey}";
}

/// <summary>The pages of a query, each fetched when it is asked for.</summary>
internal sealed class EntityPages<T>(
    TableService service, string table, string? filter, int? maxPerPage, IEnumerable<string>? select, CancellationToken cancellation)
    : AsyncPageable<T>(cancellation)
    where T : class, ITableEntity
{
    public override IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null) =>
        ReadAsync(Continuation.Parse(continuationToken), pageSizeHint ?? maxPerPage);

    private async IAsyncEnumerable<Page<T>> ReadAsync(
        Continuation? from, int? top, [EnumeratorCancellation] CancellationToken enumeration = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken, enumeration);
        do
        {
            using var message = service.Query(table, filter, top, select, from);
            var response = await service.SendAsync(message, either.Token).ConfigureAwait(false);
            if (response.Status != (int)HttpStatusCode.OK) throw new RequestFailedException(response);
            from = Continuation.After(response);
            yield return Page<T>.FromValues(EntityReader.Page<T>(response), from?.ToString(), response);
        }
        while (from is not null);
    }
}
