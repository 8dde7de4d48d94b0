using System.Collections.Concurrent;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Gatehouse.Storage.AzureTables;

/// <summary>
/// The table store in an Azure Table Storage account, which any number of instances can use at the same time.
/// </summary>
/// <remarks>
/// <para>A table is created when something is first written to it. A commit is one entity-group transaction.</para>
/// <para>The client sends a request again when it got no answer. The second attempt must not take the effect of the first
/// for another writer's. So every row carries the mark of the commit that wrote it (<see cref="TableLimits.CommitMark"/>),
/// and a commit that meets a conflict after an attempt without an answer looks for its own mark. If it finds the mark, it
/// was made. If it finds other marks, or was only to delete rows by ETag, nothing is proved, and it throws. A commit that
/// only deletes rows with any ETag, and finds none of them, counts as made.</para>
/// <para>An attempt that was delayed in the network can reach the service after the next one was answered. A commit with an
/// insert, a replace or a delete by ETag then fails as a whole, as it should; a commit of puts and deletes only is made a
/// second time, over changes made in between. For this, a request has to be on its way for longer than
/// <see cref="AzureTableTimeouts.Attempt"/>.</para>
/// </remarks>
public sealed class AzureTableStore : ITableStore
{
    // A filter that names several rows makes the service read the whole partition (Azure Storage documentation, "Guidelines
    // for table design"), and a transaction can read only one. So this many requests for one row each run at once.
    private const int ReadsAtOnce = 32;

    // Bounds how often a table is created again that others keep deleting.
    private const int MostTries = 3;

    private static readonly string[] MarkAlone = [TableLimits.CommitMark];

    private readonly ConcurrentDictionary<string, TableClient> tables = new(StringComparer.Ordinal);
    private readonly TableServiceClient service;
    private readonly AzureTableTimeouts timeouts;
    private readonly TimeProvider time;
    private long provedCommits;

    private AzureTableStore(TableServiceClient service, AzureTableTimeouts timeouts, TimeProvider time)
    {
        this.service = service;
        this.timeouts = timeouts;
        this.time = time;
        // Without the query, which may hold a signature.
        Account = new Uri(service.Uri.GetLeftPart(UriPartial.Path));
    }

    /// <summary>The account's address, without any secret.</summary>
    public Uri Account { get; }

    /// <summary>How many commits met a conflict that they had caused themselves, after an answer was lost.</summary>
    public long ProvedCommits => Interlocked.Read(ref provedCommits);

    /// <summary>Opens the store with a connection string. Sends no request yet.</summary>
    /// <param name="connectionString">An account's connection string with its key.</param>
    /// <param name="timeouts">How long to wait for the service.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="transport">Sends the requests; null for the client's own transport.</param>
    /// <exception cref="FormatException">The connection string is not valid. The message does not repeat it.</exception>
    public static AzureTableStore Open(
        string connectionString, AzureTableTimeouts timeouts, TimeProvider time, HttpPipelineTransport? transport = null)
    {
        try
        {
            return new(AzureTableClient.Create(connectionString, timeouts, transport), timeouts, time);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("Not the connection string of a storage account with its key.");
        }
    }

    /// <summary>Opens the store under an identity. Sends no request yet.</summary>
    /// <param name="endpoint">The account's address, such as <c>https://name.table.core.windows.net</c>.</param>
    /// <param name="credential">The identity; it needs the role Storage Table Data Contributor.</param>
    /// <param name="timeouts">How long to wait for the service.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="transport">Sends the requests; null for the client's own transport.</param>
    public static AzureTableStore Open(
        Uri endpoint, TokenCredential credential, AzureTableTimeouts timeouts, TimeProvider time,
        HttpPipelineTransport? transport = null) =>
        new(AzureTableClient.Create(endpoint, credential, timeouts, transport), timeouts, time);

    /// <inheritdoc />
    public async ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation)
    {
        TableLimits.CheckKeys(table, partition, row);
        var entity = await AskAsync(limit => FindAsync(table, partition, row, null, limit), cancellation);
        return entity is null ? null : EntityCodec.Read(entity);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation)
    {
        TableLimits.CheckKeys(table, partition, rows);
        var entities = await AskAsync(limit => FindManyAsync(table, partition, rows, null, limit), cancellation);
        return Array.ConvertAll(entities, entity => entity is null ? null : EntityCodec.Read(entity));
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation)
    {
        TableLimits.CheckRange(table, partition, range, most);
        return await AskAsync(limit => QueryAsync(Table(table), Filter(partition, range), most, limit), cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(changes);
        RowChange[] own = [.. changes];
        TableLimits.CheckCommit(table, partition, own);
        var transaction = new Transaction(partition, own);
        cancellation.ThrowIfCancellationRequested();
        // A commit that was sent is waited for: if the caller went away in the middle, it would not know what it has written.
        return await AskAsync(limit => CommitAsync(Table(table), transaction, limit), CancellationToken.None);
    }

    private static string Filter(string partition, RowRange range)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {partition}");
        if (!string.IsNullOrEmpty(range.From)) filter += " and " + TableClient.CreateQueryFilter($"RowKey ge {range.From}");
        if (range.Before is not null) filter += " and " + TableClient.CreateQueryFilter($"RowKey lt {range.Before}");
        return filter;
    }

    private static async Task<IReadOnlyList<TableRow>> QueryAsync(TableClient table, string filter, int most, CancellationToken limit)
    {
        var rows = new List<TableRow>();
        try
        {
            // A page may be shorter than requested even if more rows follow.
            await foreach (var page in table.QueryAsync<TableEntity>(filter, most, null, limit).AsPages())
            {
                foreach (var entity in page.Values)
                {
                    if (rows.Count == most) return rows;
                    rows.Add(EntityCodec.Read(entity));
                }
                if (rows.Count == most) return rows;
            }
        }
        catch (RequestFailedException e) when (IsWithoutTable(e))
        {
            // The table does not exist: nothing was written to it yet.
        }
        return rows;
    }

    private async Task<CommitResult> CommitAsync(TableClient table, Transaction transaction, CancellationToken limit)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                using (transaction.Attempts.Track())
                    return transaction.Result((await table.SubmitTransactionAsync(transaction.Actions(), limit)).Value);
            }
            catch (RequestFailedException e) when (IsWithoutTable(e) && tries < MostTries)
            {
                await table.CreateIfNotExistsAsync(limit);
            }
            catch (TableTransactionFailedException e) when (transaction.Conflict(e) is { } conflict)
            {
                return transaction.Attempts.IsUncertain ? await ProveAsync(table.Name, transaction, limit) : conflict;
            }
        }
    }

    private async Task<CommitResult> ProveAsync(string table, Transaction transaction, CancellationToken limit)
    {
        var rows = await FindManyAsync(
            table, transaction.Partition, [.. transaction.Changes.Select(change => change.Row.Key)], MarkAlone, limit);
        var result = transaction.Prove(rows) ?? throw AzureTableFault.Unknown(Account);
        Interlocked.Increment(ref provedCommits);
        return result;
    }

    private async Task<TableEntity?[]> FindManyAsync(
        string table, string partition, IReadOnlyList<string> rows, string[]? properties, CancellationToken limit)
    {
        var found = new TableEntity?[rows.Count];
        await Parallel.ForAsync(0, rows.Count, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = limit },
            async (index, token) => found[index] = await FindAsync(table, partition, rows[index], properties, token));
        return found;
    }

    private async Task<TableEntity?> FindAsync(
        string table, string partition, string row, string[]? properties, CancellationToken limit)
    {
        var found = await Table(table).GetEntityIfExistsAsync<TableEntity>(partition, row, properties, limit);
        return found.HasValue ? found.Value : null;
    }

    private TableClient Table(string name) => tables.GetOrAdd(name, static (name, service) => service.GetTableClient(name), service);

    private static bool IsWithoutTable(RequestFailedException fault) => fault is { Status: 404, ErrorCode: "TableNotFound" };

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var patient = new CancellationTokenSource(timeouts.Call, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patient.Token, cancellation);
        try
        {
            limit.Token.ThrowIfCancellationRequested();
            return await ask(limit.Token);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (Exception e) when (AzureTableFault.Explain(e, Account) is { } fault)
        {
            throw fault;
        }
    }
}
