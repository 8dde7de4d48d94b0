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
        // (https://www.sqlite.org/threadsafe.html, "multi-thread"). A range read then takes 0.9 of the time. A connection of
        // Microsoft.Data.Sqlite cannot be opened so, therefore this is set for the process. It has no effect if the process has
        // opened a connection before.
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD);
    }

    /// <summary>Opens a file that is there.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="timeout">How long a statement waits for another connection's lock before it fails.</param>
    public Database(string path, TimeSpan timeout)
    {
        this.timeout = timeout;
        // SQLite itself waits for a lock, for as long as busy_timeout says. Microsoft.Data.Sqlite would then try again until
        // DefaultTimeout (in seconds) is over; 0 would be for ever.
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

    /// <summary>The file's full path as SQLite has it: without symbolic links.</summary>
    public string Path => connection.DataSource;

    /// <summary>Whether the file, or the folder that it is in, can only be read.</summary>
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
    /// Runs a statement without a result as soon as no other connection holds a lock it needs, and fails when that takes too
    /// long.
    /// </summary>
    /// <remarks>
    /// SQLite waits longer and longer between its tries, Microsoft.Data.Sqlite waits 150 ms, and for some locks SQLite does not
    /// wait at all. Against a process that writes without a pause, only a connection that tries often gets its turn.
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

    /// <summary>Runs a statement that is not needed again.</summary>
    public void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row of a query that is not needed again.</summary>
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
