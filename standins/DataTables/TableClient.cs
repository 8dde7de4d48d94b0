#nullable disable // As the official assembly, which says nothing of null.

using System.Net;
using Azure.Data.Tables.Models;
using Azure.Data.Tables.Rest;

namespace Azure.Data.Tables;

/// <summary>A client of one table. Made by <see cref="TableServiceClient.GetTableClient"/>.</summary>
public class TableClient
{
    private readonly TableService service;

    internal TableClient(string name, string accountName, TableService service)
    {
        Name = name;
        AccountName = accountName;
        this.service = service;
    }

    /// <summary>The table's name.</summary>
    public virtual string Name { get; }

    /// <summary>The account's name.</summary>
    public virtual string AccountName { get; }

    /// <summary>The filter of an interpolated string, whose values are quoted and escaped.</summary>
    /// <exception cref="ArgumentException">A value is not of a type that a filter takes: here, a text.</exception>
    public static string CreateQueryFilter(FormattableString filter) => ODataText.Filter(filter);

    /// <summary>Creates the table; where it is there, the response's status is 409.</summary>
    /// <exception cref="RequestFailedException">The service refused otherwise.</exception>
    public virtual async Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default)
    {
        using var message = service.CreateTable(Name);
        var response = await service.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (response.Status is not ((int)HttpStatusCode.Created or (int)HttpStatusCode.NoContent))
        {
            var fault = new RequestFailedException(response);
            if (fault.Status != (int)HttpStatusCode.Conflict || fault.ErrorCode == "TableBeingDeleted") throw fault;
        }
        return Response.FromValue(new TableItem(Name), response);
    }

    /// <summary>Gets an entity; without a value where it, or the table, is not there.</summary>
    /// <exception cref="RequestFailedException">The service refused otherwise.</exception>
    public virtual async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string> select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        using var message = service.GetEntity(Name, partitionKey, rowKey, select);
        var response = await service.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return response.Status switch
        {
            (int)HttpStatusCode.OK => Response.FromValue(EntityReader.Entity<T>(response), response),
            (int)HttpStatusCode.NotFound => new NoValueResponse<T>(response),
            _ => throw new RequestFailedException(response),
        };
    }

    /// <summary>The entities that a filter lets through, in the order of their keys, page by page.</summary>
    /// <param name="filter">An OData filter; null for every entity.</param>
    /// <param name="maxPerPage">The most entities of a page, at most 1,000; pages may be shorter, also where others follow.</param>
    /// <param name="select">The properties to get; null for all.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    public virtual AsyncPageable<T> QueryAsync<T>(
        string filter = null, int? maxPerPage = default, IEnumerable<string> select = null,
        CancellationToken cancellationToken = default)
        where T : class, ITableEntity =>
        new EntityPages<T>(service, Name, filter, maxPerPage, select, cancellationToken);

    /// <summary>Carries out actions on entities of one partition, all or none.</summary>
    /// <returns>For each action, the response to it: with the ETag of what it wrote.</returns>
    /// <exception cref="ArgumentNullException">There is no list of actions.</exception>
    /// <exception cref="InvalidOperationException">There is no action.</exception>
    /// <exception cref="TableTransactionFailedException">One of the actions failed.</exception>
    /// <exception cref="RequestFailedException">The service refused the transaction.</exception>
    public virtual async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactionActions);
        using var message = service.Batch(Name, [.. transactionActions]);
        var response = await service.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (response.Status != (int)HttpStatusCode.Accepted) throw new RequestFailedException(response);
        var responses = BatchAnswer.Parse(response);
        if (responses is [{ Status: >= 400 } failed])
            throw new TableTransactionFailedException(new RequestFailedException(failed, null, ErrorDetails.Parser));
        return Response.FromValue(responses, response);
    }
}
