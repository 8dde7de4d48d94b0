using Microsoft.Data.Sqlite;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// The table store in one SQLite file, which several processes may have open at the same time.
/// </summary>
/// <remarks>
/// <para>Reads see the last committed state, do not wait for writers, and complete synchronously. Commits go to one
/// writer, which makes all waiting commits in one transaction and answers them when it is on disk.</para>
/// <para>The file is in write-ahead-log mode: beside it are a <c>-wal</c> and a <c>-shm</c> file while it is open. It must
/// be on a local file system (https://www.sqlite.org/wal.html). A <c>-generation</c> file tells the processes that have it open
/// whether the rows they have cached are still current.</para>
/// </remarks>
public sealed class SqliteTableStore : ITableStore, IAsyncDisposable
{
    private readonly StoreFile file;
    private readonly CommitQueue commits;
    private readonly RowReaders readers;
    private readonly RowCache cache;
    private volatile bool disposed;

    private SqliteTableStore(StoreFile file)
    {
        this.file = file;
        cache = new RowCache();
        commits = new CommitQueue(file, cache);
        readers = new RowReaders(file, cache);
    }

    /// <summary>How many transactions commits have shared so far: at most as many as there were commits.</summary>
    public long Groups => commits.Groups;

    /// <summary>Opens the store in a file. If it does not exist, it is created, readable by its owner only.</summary>
    /// <param name="path">The file. Its folder must exist.</param>
    /// <param name="settings">How to use it; null for the defaults.</param>
    /// <exception cref="StoreUnavailableException">
    /// The file cannot be created or written, is a folder, is not a database, or is another program's. The message is one line
    /// that names it.
    /// </exception>
    public static SqliteTableStore Open(string path, SqliteStoreSettings? settings = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new SqliteTableStore(new StoreFile(Path.GetFullPath(path), settings ?? new SqliteStoreSettings()));
    }

    /// <inheritdoc />
    public ValueTask<TableRow?> GetAsync(string table, string partition, string row, CancellationToken cancellation)
    {
        var key = new RowKey(table, partition, row);
        // A cached row needs no connection, and its keys are within the limits.
        if (!disposed && !cancellation.IsCancellationRequested && cache.TryGet(file.Generations.Read(), key, out var found, out _))
            return ValueTask.FromResult(found);
        TableLimits.CheckKeys(table, partition, row);
        return Read(key, static (reader, key) => reader.Get(key), cancellation);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TableRow?>> GetManyAsync(
        string table, string partition, IReadOnlyList<string> rows, CancellationToken cancellation)
    {
        TableLimits.CheckKeys(table, partition, rows);
        return Read<(string, string, IReadOnlyList<string>), IReadOnlyList<TableRow?>>(
            (table, partition, rows), static (reader, keys) => reader.GetMany(keys.Item1, keys.Item2, keys.Item3), cancellation);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<TableRow>> ReadAsync(
        string table, string partition, RowRange range, int most, CancellationToken cancellation)
    {
        TableLimits.CheckRange(table, partition, range, most);
        return Read<(string, string, RowRange, int), IReadOnlyList<TableRow>>(
            (table, partition, range, most), static (reader, query) => reader.Read(query.Item1, query.Item2, query.Item3, query.Item4), cancellation);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<IReadOnlyList<TableRow>>> ReadEachAsync(
        string table, IReadOnlyList<string> partitions, RowRange range, int most, CancellationToken cancellation)
    {
        foreach (var partition in partitions) TableLimits.CheckRange(table, partition, range, most);
        return Read<(string, IReadOnlyList<string>, RowRange, int), IReadOnlyList<IReadOnlyList<TableRow>>>(
            (table, partitions, range, most),
            static (reader, query) => reader.ReadEach(query.Item1, query.Item2, query.Item3, query.Item4), cancellation);
    }

    /// <summary>The partitions of a table that have rows, in order. Reads the whole table: for commands, not for requests.</summary>
    public ValueTask<IReadOnlyList<string>> ReadPartitionsAsync(string table, CancellationToken cancellation) =>
        Read<string, IReadOnlyList<string>>(table, static (reader, table) => reader.Partitions(table), cancellation);

    /// <inheritdoc />
    public async ValueTask<CommitResult> CommitAsync(
        string table, string partition, IReadOnlyList<RowChange> changes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(changes);
        RowChange[] own = [.. changes];
        TableLimits.CheckCommit(table, partition, own);
        cancellation.ThrowIfCancellationRequested();
        var commit = new PendingCommit(table, partition, own);
        ObjectDisposedException.ThrowIf(!commits.TryAdd(commit), this);
        using var registration = cancellation.UnsafeRegister(
            static (waiting, cancelled) => ((PendingCommit)waiting!).Cancel(cancelled), commit);
        return await commit.Outcome;
    }

    /// <summary>Makes the accepted commits, and closes the file. Later calls are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        disposed = true;
        readers.Dispose();
        await commits.DisposeAsync();
    }

    private ValueTask<T> Read<TQuery, T>(TQuery query, Func<RowReader, TQuery, T> read, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled<T>(cancellation);
        var reader = readers.Take();
        T found;
        try
        {
            found = read(reader, query);
        }
        catch (Exception fault)
        {
            // A connection that has failed is not used again.
            reader.Dispose();
            if (fault is SqliteException failure) throw file.Failed(failure);
            throw;
        }
        readers.Return(reader);
        return ValueTask.FromResult(found);
    }
}
