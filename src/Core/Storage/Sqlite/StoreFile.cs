namespace Gatehouse.Storage.Sqlite;

/// <summary>The file of a store: made and given its schema at first, checked at every start.</summary>
/// <param name="path">The file's full path.</param>
/// <param name="settings">How to use it.</param>
internal sealed class StoreFile(string path, SqliteStoreSettings settings)
{
    private const int SchemaVersion = 1;

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
        "CREATE TABLE etags (last INTEGER NOT NULL) STRICT",
        "INSERT INTO etags (last) VALUES (0)",
        $"PRAGMA application_id = {ApplicationId}",
        $"PRAGMA user_version = {SchemaVersion}",
    ];

    private static readonly Lock Creation = new();

    /// <summary>The most bytes that the file grows to; null where the disk alone limits it.</summary>
    public long? MostBytes => settings.MostBytes;

    /// <summary>Makes the file where there is none, checks the one that is there, and connects to it.</summary>
    /// <param name="use">Takes over the connection.</param>
    /// <exception cref="StoreUnavailableException">There is no using it, and why, in one line.</exception>
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
    /// <param name="use">Takes over the connection.</param>
    /// <exception cref="StoreUnavailableException">It cannot be opened.</exception>
    public T Connect<T>(Func<Database, T> use)
    {
        var database = Database.Open(path, settings.Patience);
        try
        {
            return use(database);
        }
        catch (StoreUnavailableException)
        {
            database.Dispose();
            throw;
        }
    }

    // The owner's alone, since it holds what grants access. SQLite gives its -wal and -shm files the same mode.
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
        var isNew = IsNew(database);
        if (!isNew) CheckSchema(database);
        // Not to be waited for in SQLite, which fails at once where two processes make a file at the same time.
        database.RunWhenFree(database.Prepare("PRAGMA journal_mode = WAL"));
        if (database.Text("PRAGMA journal_mode") != "wal") throw Unusable("its file system has no shared memory");
        if (!isNew) return;

        database.Execute("BEGIN IMMEDIATE");
        if (IsNew(database))
            foreach (var sql in Schema) database.Execute(sql);
        database.Execute("COMMIT");
        CheckSchema(database);
    }

    private static bool IsNew(Database database) =>
        database.Number("PRAGMA application_id") == 0 && database.Number("SELECT count(*) FROM sqlite_schema") == 0;

    private void CheckSchema(Database database)
    {
        if (database.Number("PRAGMA application_id") != ApplicationId) throw Unusable("it is another application's database");
        var version = database.Number("PRAGMA user_version");
        if (version != SchemaVersion)
            throw Unusable($"its schema has version {version}, and this program knows version {SchemaVersion} only");
    }

    private StoreUnavailableException Unusable(string why, Exception? inner = null) =>
        new($"The store '{path}' cannot be opened: {why}.", inner);
}
