using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// One connection to a SQLite file, for one thread at a time. Its methods throw <see cref="SqliteException"/>.
/// </summary>
internal sealed class Database : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly TimeSpan timeout;
    private readonly List<Statement> statements = [];

    static Database()
    {
        // Only one thread at a time uses a connection, so SQLite needs no mutex for each call
        // (https://www.sqlite.org/threadsafe.html, "multi-thread"). A range read then takes 0.9 of the time. Microsoft.Data.Sqlite
        // has no such option for a connection, so this sets it for the process. It has no effect if the process has opened a
        // connection before.
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
    }

    /// <summary>Opens an existing file.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="timeout">How long a statement waits for another connection's lock before it fails.</param>
    public Database(string path, TimeSpan timeout)
    {
        this.timeout = timeout;
        // SQLite itself waits for a lock, up to busy_timeout. Microsoft.Data.Sqlite then retries until DefaultTimeout (in
        // seconds); 0 would mean without a limit.
        connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            connection.Open();
            Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA busy_timeout = {(int)timeout.TotalMilliseconds}"));
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The file's full path, with symbolic links resolved by SQLite.</summary>
    public string Path => connection.DataSource;

    /// <summary>Whether the file or its folder is read-only.</summary>
    public bool IsReadOnly => raw.sqlite3_db_readonly(connection.Handle, "main") != 0;

    /// <summary>Prepares a command with one parameter, $1, or none. It lives as long as the connection.</summary>
    public SqliteCommand Command(string sql, SqliteType? parameter = null)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        if (parameter is { } type) command.Parameters.Add("$1", type);
        command.Prepare();
        return command;
    }

    /// <summary>Prepares a statement for the reads and writes of rows. It lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        var statement = new Statement(connection.Handle!, sql);
        statements.Add(statement);
        return statement;
    }

    /// <summary>
    /// Runs a statement without a result as soon as no other connection holds a lock that it needs. Fails after the timeout.
    /// </summary>
    /// <remarks>
    /// SQLite waits longer after each attempt, Microsoft.Data.Sqlite waits 150 ms, and for some locks SQLite does not wait at all.
    /// If another process writes without a pause, only frequent attempts get the lock.
    /// </remarks>
    public void RunWhenFree(string sql)
    {
        var start = Stopwatch.GetTimestamp();
        SetBusyTimeout(TimeSpan.Zero);
        var code = raw.sqlite3_exec(connection.Handle, sql);
        while (code == raw.SQLITE_BUSY && Stopwatch.GetElapsedTime(start) <= timeout)
        {
            Thread.Sleep(1);
            code = raw.sqlite3_exec(connection.Handle, sql);
        }
        SqliteException.ThrowExceptionForRC(code, connection.Handle);
        SetBusyTimeout(timeout);
    }

    /// <summary>Runs a statement once.</summary>
    public void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a query once, and returns the first column of its first row.</summary>
    public T Query<T>(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    public void Dispose()
    {
        foreach (var statement in statements) statement.Dispose();
        connection.Dispose();
    }

    private void SetBusyTimeout(TimeSpan timeout) =>
        raw.sqlite3_busy_timeout(connection.Handle, (int)timeout.TotalMilliseconds);
}
