using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Gatehouse.Storage.Sqlite;

/// <summary>The file of a store. It is created with its schema at the first start, and checked at every start.</summary>
/// <param name="path">The file's full path.</param>
/// <param name="settings">How to use it.</param>
internal sealed class StoreFile(string path, SqliteStoreSettings settings)
{
    private const int SchemaVersion = 2;

    // "Gate" in ASCII: marks a file as a store of this project (https://www.sqlite.org/pragma.html#pragma_application_id).
    private const int ApplicationId = 0x47617465;

    private static readonly string[] Schema =
    [
        "CREATE TABLE tables (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
        """
        CREATE TABLE rows (
          table_id INTEGER NOT NULL, partition TEXT NOT NULL, row TEXT NOT NULL, etag INTEGER NOT NULL, body BLOB NOT NULL,
          PRIMARY KEY (table_id, partition, row)) WITHOUT ROWID, STRICT
        """,
        "CREATE TABLE last_etag (last INTEGER NOT NULL) STRICT",
        "INSERT INTO last_etag (last) VALUES (0)",
        $"PRAGMA application_id = {ApplicationId}",
        $"PRAGMA user_version = {SchemaVersion}",
    ];

    // A process that knows only version 1 commits without raising the generation (GenerationFile), so caches would not notice its
    // commits. Version 2 renames a table that it needs, so its commits fail until it is stopped.
    private static readonly string[] FromVersion1 =
    [
        "ALTER TABLE etags RENAME TO last_etag",
        $"PRAGMA user_version = {SchemaVersion}",
    ];

    private static readonly Lock Creation = new();

    private GenerationFile? generations;

    /// <summary>The maximum size of the file in bytes; null if only the disk limits it.</summary>
    public long? MostBytes => settings.MostBytes;

    /// <summary>The generation of its rows. There is one from the first connection on.</summary>
    public GenerationFile Generations => generations!;

    /// <summary>Creates the file if it does not exist, checks it, and connects to it.</summary>
    /// <param name="use">Takes ownership of the connection.</param>
    /// <exception cref="StoreUnavailableException">The file cannot be used. The message is one line with the reason.</exception>
    public T Open<T>(Func<Database, T> use)
    {
        if (Directory.Exists(path)) throw Unusable("it is a folder");
        CreateFile();
        return Connect(database =>
        {
            if (database.IsReadOnly) throw Unusable("it cannot be written");
            Prepare(database);
            return use(database);
        });
    }

    /// <summary>Connects to the file.</summary>
    /// <param name="use">Takes ownership of the connection.</param>
    /// <exception cref="StoreUnavailableException">It cannot be opened.</exception>
    public T Connect<T>(Func<Database, T> use)
    {
        try
        {
            var database = new Database(path, settings.Timeout);
            try
            {
                // SQLite knows the path with symbolic links resolved, which all processes have in common.
                generations ??= new GenerationFile(database.Path + GenerationFile.Suffix);
                return use(database);
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (SqliteException fault)
        {
            throw Failed(fault);
        }
    }

    /// <summary>The exception for callers of the store when SQLite fails.</summary>
    public StoreUnavailableException Failed(SqliteException fault) =>
        new($"The store '{path}' failed: {fault.Message.ReplaceLineEndings(" ")}", fault)
        {
            IsLasting = LastingFaults.Contains(fault.SqliteErrorCode),
        };

    // Readable by the owner only, because it holds what grants access. SQLite gives its -wal and -shm files the same mode.
    private void CreateFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        // Closing any handle to a file drops all locks that the process has on it, SQLite's included
        // (https://www.sqlite.org/howtocorrupt.html, 2.2): no other thread may open it until this one has closed it.
        lock (Creation)
        {
            if (File.Exists(path)) return;
            try
            {
                using var created = new FileStream(path, options);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // Another process may have been faster.
                if (!File.Exists(path)) throw Unusable("it cannot be made: " + fault.Message.ReplaceLineEndings(" "), fault);
            }
        }
    }

    private void Prepare(Database database)
    {
        var steps = MissingSteps(database);
        // SQLite does not wait here: it fails at once if two processes create a file at the same time.
        database.RunWhenFree("PRAGMA journal_mode = WAL");
        if (database.Query<string>("PRAGMA journal_mode") != "wal") throw Unusable("its file system has no shared memory");
        if (steps.Length == 0) return;

        database.RunWhenFree("BEGIN IMMEDIATE");
        // Another process may have been faster.
        foreach (var sql in MissingSteps(database)) database.Execute(sql);
        database.Execute("COMMIT");
    }

    // The statements that give the file this version's schema.
    private string[] MissingSteps(Database database)
    {
        if (IsNew(database)) return Schema;
        if (database.Query<long>("PRAGMA application_id") != ApplicationId)
            throw Unusable("it is another application's database");
        return database.Query<long>("PRAGMA user_version") switch
        {
            SchemaVersion => [],
            1 => FromVersion1,
            var version => throw Unusable(
                $"its schema has version {version}, and this program knows versions 1 to {SchemaVersion}"),
        };
    }

    // No permission, read-only, damaged, full, cannot be opened, not a database (https://www.sqlite.org/rescode.html).
    private static readonly int[] LastingFaults =
        [raw.SQLITE_PERM, raw.SQLITE_READONLY, raw.SQLITE_CORRUPT, raw.SQLITE_FULL, raw.SQLITE_CANTOPEN, raw.SQLITE_NOTADB];

    private static bool IsNew(Database database) =>
        database.Query<long>("PRAGMA application_id") == 0 && database.Query<long>("SELECT count(*) FROM sqlite_schema") == 0;

    private StoreUnavailableException Unusable(string why, Exception? inner = null) =>
        new($"The store '{path}' cannot be opened: {why}.", inner) { IsLasting = true };
}
