using Microsoft.Data.Sqlite;

namespace Gatehouse.Storage.Sqlite;

/// <summary>Copies a store's file while it is in use, with SQLite's own backup, and checks copies.</summary>
public static class SqliteBackup
{
    /// <summary>Copies the committed state of a store into a new file, readable by its owner only.</summary>
    /// <param name="path">The store's file. It may be in use.</param>
    /// <param name="target">The new file. Its folder must exist.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read, or the copy not written.</exception>
    /// <exception cref="IOException">The target exists, or cannot be created.</exception>
    public static void Copy(string path, string target)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (new FileStream(target, options))
        {
        }
        try
        {
            using var from = Open(path, SqliteOpenMode.ReadWrite);
            using var to = Open(target, SqliteOpenMode.ReadWrite);
            from.BackupDatabase(to);
            // One file, without SQLite's own beside it.
            using var command = to.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = DELETE";
            command.ExecuteScalar();
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException($"The store '{path}' cannot be copied: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        using var written = new FileStream(target, FileMode.Open, FileAccess.ReadWrite);
        written.Flush(flushToDisk: true);
    }

    /// <summary>Reads the whole file, and checks SQLite's structures in it.</summary>
    /// <exception cref="StoreUnavailableException">It is damaged, or not a database.</exception>
    public static void Check(string path)
    {
        try
        {
            using var database = Open(path, SqliteOpenMode.ReadOnly);
            using var command = database.CreateCommand();
            command.CommandText = "PRAGMA integrity_check(1)";
            if (command.ExecuteScalar() is string result && result != "ok")
                throw new StoreUnavailableException($"The store '{path}' is damaged: {result.ReplaceLineEndings(" ")}");
        }
        catch (SqliteException e)
        {
            throw new StoreUnavailableException($"The store '{path}' is damaged: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
