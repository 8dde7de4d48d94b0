using System.Collections.Concurrent;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Gatehouse.Storage.AzureTables;

/// <summary>
/// The table store in an account of Azure Table Storage, which any number of instances may have open at the same time.
/// </summary>
/// <remarks>
/// <para>A table is made when something is first written to it. A commit is one entity-group transaction.</para>
/// <para>The client sends a request again where it had no answer. So that what the first try did is not taken for somebody
/// else's doing by the second, every row carries the mark of the commit that wrote it (<see cref="TableLimits.CommitMark"/>):
/// a commit that meets a conflict after a try without an answer looks for its own mark. Where it finds that, it was made;
/// where it finds other marks, or only wanted to remove rows of which it knew the ETags, nothing is proved, and it throws.
/// A commit that only removes rows whatever their ETags, and finds none of them, was made as far as anybody can tell.</para>
/// <para>A try that the network held back can reach the service after the next one was answered. Then a commit with an
/// insert, a replace or a removal by ETag fails as a whole, as it should; one that consists of puts and removals alone is
/// made a second time, over whatever came between. It takes a request that was on its way for longer than
/// <see cref="AzureTableTimeouts.Attempt"/>.</para>
/// </remarks>
public sealed class AzureTableStore : ITableStore
{
    // A filter that names several rows makes the service read the whole partition (Azure Storage documentation, "Guidelines
    // for table design"), and a transaction reads only one: so many requests for a row each are on their way at once.
    private const int ReadsAtOnce = 32;

    // A table that others keep deleting is not made for ever.
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
        // Without what an address might carry of a signature.
        Account = new Uri(service.Uri.GetLeftPart(UriPartial.Path));
    }

    /// <summary>The account's address, without any secret.</summary>
    public Uri Account { get; }

    /// <summary>How many commits met a conflict that was their own doing, after an answer was lost.</summary>
    public long ProvedCommits => Interlocked.Read(ref provedCommits);

    /// <summary>Opens the store under a connection string. Nothing is asked of the service yet.</summary>
    /// <param name="connectionString">An account's connection string with its key.</param>
    /// <param name="timeouts">How long the service is waited for.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="transport">What carries the requests; null for the client's own.</param>
    /// <exception cref="FormatException">The connection string is none. The message does not repeat it.</exception>
    public static AzureTableStore Open(
        string connectionString, AzureTableTimeouts timeouts, TimeProvider time, HttpPipelineTransport? transport = null)
    {
        try
        {
            return new(AzureTableClient.Create(connectionString, timeouts, transport), timeouts, time);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("It is not the connection string of a storage account with its key.");
        }
    }

    /// <summary>Opens the store under an identity. Nothing is asked of the service yet.</summary>
    /// <param name="endpoint">The account's address, such as <c>https://name.table.core.windows.net</c>.</param>
    /// <param name="credential">The identity; it needs the role Storage Table Data Contributor.</param>
    /// <param name="timeouts">How long the service is waited for.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="transport">What carries the requests; null for the client's own.</param>
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
        return await AskAsync(limit => CommitAsync(Table(table), transaction, limit), cancellation);
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
            // A page may be shorter than was asked for although more rows follow.
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
            // Nothing was ever written to it.
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
