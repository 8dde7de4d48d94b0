using System.Diagnostics;
using SQLitePCL;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// One connection to a SQLite file, for one thread at a time. It speaks to SQLite through SQLitePCLRaw, as
/// Microsoft.Data.Sqlite does itself: ADO.NET's commands and readers cost more than the reads they would make.
/// </summary>
internal sealed class Database : IDisposable
{
    private readonly sqlite3 handle;
    private readonly List<Statement> statements = [];

    static Database() => Batteries_V2.Init();

    private readonly TimeSpan patience;

    private Database(sqlite3 handle, string path, TimeSpan patience)
    {
        this.handle = handle;
        this.patience = patience;
        Path = path;
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>How many rows the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(handle);

    /// <summary>Whether the file, or the folder that it is in, can only be read.</summary>
    public bool IsReadOnly => raw.sqlite3_db_readonly(handle, "main") != 0;

    /// <summary>What SQLite calls this connection.</summary>
    public sqlite3 Handle => handle;

    /// <summary>Opens a file that is there.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="patience">How long a statement waits for another connection's lock before it fails.</param>
    /// <exception cref="StoreUnavailableException">It cannot be opened.</exception>
    public static Database Open(string path, TimeSpan patience)
    {
        const int Flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX;
        var code = raw.sqlite3_open_v2(path, out var handle, Flags, null);
        var database = new Database(handle, path, patience);
        try
        {
            database.Check(code);
            database.WaitForLocks(true);
            return database;
        }
        catch (StoreUnavailableException)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Prepares a statement, which lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var prepared));
        var statement = new Statement(this, prepared);
        statements.Add(statement);
        return statement;
    }

    /// <summary>
    /// Runs a statement as soon as no other connection holds a lock it needs, and fails when that takes too long.
    /// </summary>
    /// <remarks>
    /// SQLite waits longer and longer between its tries, and for some locks not at all. Against a process that writes
    /// without a pause only one that tries often gets its turn.
    /// </remarks>
    public void RunWhenFree(Statement statement)
    {
        var start = Stopwatch.GetTimestamp();
        WaitForLocks(false);
        while (!statement.TryRun())
        {
            if (Stopwatch.GetElapsedTime(start) > patience) throw Fault(raw.SQLITE_BUSY);
            Thread.Sleep(1);
        }
        WaitForLocks(true);
    }

    /// <summary>Runs a statement that is not needed again.</summary>
    public void Execute(string sql)
    {
        using var statement = Once(sql);
        while (statement.Step())
        {
        }
    }

    /// <summary>The first column of the first row of a statement that is not needed again; 0 where it has no rows.</summary>
    public long Number(string sql)
    {
        using var statement = Once(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    /// <summary>The first column of the first row of a statement that is not needed again; empty where it has no rows.</summary>
    public string Text(string sql)
    {
        using var statement = Once(sql);
        return statement.Step() ? statement.Key(0) : "";
    }

    /// <summary>Throws for a result code that is a failure.</summary>
    public void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw Fault(code);
    }

    /// <summary>The exception for a result code.</summary>
    public StoreUnavailableException Fault(int code)
    {
        // The connection's own message says more, where it is about this code.
        var message = handle.IsInvalid || raw.sqlite3_errcode(handle) != code
            ? raw.sqlite3_errstr(code)
            : raw.sqlite3_errmsg(handle);
        return new StoreUnavailableException($"The store '{Path}' failed: {message.utf8_to_string()} (SQLite code {code}).");
    }

    public void Dispose()
    {
        foreach (var statement in statements) statement.Dispose();
        handle.Dispose();
    }

    private void WaitForLocks(bool wait) =>
        Check(raw.sqlite3_busy_timeout(handle, wait ? (int)patience.TotalMilliseconds : 0));

    private Statement Once(string sql)
    {
        Check(raw.sqlite3_prepare_v2(handle, sql, out var prepared));
        return new Statement(this, prepared);
    }
}
