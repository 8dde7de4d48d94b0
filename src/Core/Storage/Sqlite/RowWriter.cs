using Microsoft.Data.Sqlite;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// The connection for writes, in transactions of many callers' commits. After an exception its state is unknown: dispose it, which
/// rolls back what was not committed.
/// </summary>
internal sealed class RowWriter : IDisposable
{
    private const string Key = "table_id = ?1 AND partition = ?2 AND row = ?3";

    // The pages in the write-ahead log after which a commit copies them into the file: 16 MiB. A page that many commits change is
    // then copied once.
    private const int CheckpointPages = 4000;

    private readonly Database database;
    private readonly RowCache cache;
    private readonly List<PendingCommit> made = [];
    private readonly TableIds tables;
    private readonly GenerationFile generations;
    private readonly SqliteCommand commit;
    private readonly SqliteCommand lastETag;
    private readonly SqliteCommand setLastETag;
    private readonly Statement save;
    private readonly Statement release;
    private readonly Statement takeBack;
    private readonly Statement insert;
    private readonly Statement put;
    private readonly Statement replace;
    private readonly Statement delete;
    private readonly Statement deleteMatching;
    private readonly Statement exists;
    private long etag;
    private long etagAtBegin;

    /// <summary>Takes ownership of a connection.</summary>
    public RowWriter(Database database, RowCache cache, GenerationFile generations, long? mostBytes)
    {
        this.database = database;
        this.cache = cache;
        this.generations = generations;
        // FULL: a commit is on disk before it is answered (https://www.sqlite.org/pragma.html#pragma_synchronous).
        database.Execute("PRAGMA synchronous = FULL");
        database.Execute($"PRAGMA wal_autocheckpoint = {CheckpointPages}");
        if (mostBytes is { } bytes)
            database.Execute($"PRAGMA max_page_count = {bytes / database.Query<long>("PRAGMA page_size")}");
        tables = new TableIds(database);
        commit = database.Command("COMMIT");
        lastETag = database.Command("SELECT last FROM last_etag");
        setLastETag = database.Command("UPDATE last_etag SET last = $1", SqliteType.Integer);
        save = database.Prepare("SAVEPOINT one");
        release = database.Prepare("RELEASE one");
        takeBack = database.Prepare("ROLLBACK TO one");
        const string Insert = "INSERT INTO rows (table_id, partition, row, etag, body) VALUES (?1, ?2, ?3, ?4, ?5)";
        insert = database.Prepare($"{Insert} ON CONFLICT DO NOTHING");
        put = database.Prepare($"{Insert} ON CONFLICT DO UPDATE SET etag = ?4, body = ?5");
        replace = database.Prepare($"UPDATE rows SET etag = ?4, body = ?5 WHERE {Key} AND etag = ?6");
        delete = database.Prepare($"DELETE FROM rows WHERE {Key}");
        deleteMatching = database.Prepare($"DELETE FROM rows WHERE {Key} AND etag = ?4");
        exists = database.Prepare($"SELECT 1 FROM rows WHERE {Key}");
    }

    /// <summary>Begins a transaction as soon as no other process has a write transaction.</summary>
    public void Begin()
    {
        database.RunWhenFree("BEGIN IMMEDIATE");
        made.Clear();
        etag = etagAtBegin = (long)lastETag.ExecuteScalar()!;
    }

    /// <summary>Makes one caller's changes in the transaction, all or none.</summary>
    public CommitResult Make(PendingCommit pending)
    {
        var table = tables.FindOrAdd(pending.Table);
        var several = pending.Changes.Length > 1;
        if (several) save.Run();
        var etags = new string?[pending.Changes.Length];
        for (var index = 0; index < etags.Length; index++)
        {
            var change = pending.Changes[index];
            var failure = Make(change, table, pending.Partition, pending.Body(index));
            if (failure != CommitFailure.None)
            {
                if (several)
                {
                    takeBack.Run();
                    release.Run();
                }
                return CommitResult.Failed(failure, index);
            }
            if (change.Kind != RowChangeKind.Delete) etags[index] = ETags.Format(etag);
        }
        if (several) release.Run();
        made.Add(pending);
        return CommitResult.Success(etags);
    }

    /// <summary>Commits the transaction. When this returns, it is on disk.</summary>
    public void Commit()
    {
        if (etag != etagAtBegin)
        {
            setLastETag.Parameters[0].Value = etag;
            setLastETag.ExecuteNonQuery();
        }
        generations.BeginCommit((before, number) => cache.BeginCommit(before, number, made));
        try
        {
            commit.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            cache.Invalidate();
            throw;
        }
        generations.EndCommit();
    }

    public void Dispose() => database.Dispose();

    private CommitFailure Make(RowChange change, long table, string partition, ReadOnlySpan<byte> body)
    {
        var statement = change.Kind switch
        {
            RowChangeKind.Insert => insert,
            RowChangeKind.Put => put,
            RowChangeKind.Replace => replace,
            _ => change.IfMatch is null ? delete : deleteMatching,
        };
        BindKey(statement, table, partition, change.Row.Key);
        if (change.Kind == RowChangeKind.Delete)
        {
            if (change.IfMatch is not null) statement.Bind(4, ETags.Parse(change.IfMatch));
        }
        else
        {
            statement.Bind(4, ++etag);
            statement.Bind(5, body);
            if (change.IfMatch is not null) statement.Bind(6, ETags.Parse(change.IfMatch));
        }
        if (statement.Run() == 1) return CommitFailure.None;
        if (change.Kind == RowChangeKind.Insert) return CommitFailure.AlreadyExists;
        return Exists(table, partition, change.Row.Key) ? CommitFailure.Changed : CommitFailure.Missing;
    }

    private bool Exists(long table, string partition, string row)
    {
        BindKey(exists, table, partition, row);
        try
        {
            return exists.Step();
        }
        finally
        {
            exists.Reset();
        }
    }

    private static void BindKey(Statement statement, long table, string partition, string row)
    {
        statement.Bind(1, table);
        statement.Bind(2, partition);
        statement.Bind(3, row);
    }
}
