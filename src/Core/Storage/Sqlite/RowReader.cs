namespace Gatehouse.Storage.Sqlite;

/// <summary>A connection for reads, for one thread at a time. A read sees every commit that ended before the read began.</summary>
internal sealed class RowReader : IDisposable
{
    // Higher than every character of a key or a bound (TableLimits).
    private const string BehindAll = "\x7F";

    // The connection's page cache in KiB. The operating system caches the file too.
    private const int PageCache = 1024;

    private readonly Database database;
    private readonly RowCache cache;
    private readonly GenerationFile generations;
    private readonly TableIds tables;
    private readonly Statement get;
    private readonly Statement range;
    private readonly Statement begin;
    private readonly Statement end;

    /// <summary>Takes ownership of a connection.</summary>
    public RowReader(Database database, RowCache cache, GenerationFile generations)
    {
        this.database = database;
        this.cache = cache;
        this.generations = generations;
        database.Execute($"PRAGMA cache_size = -{PageCache}");
        tables = new TableIds(database);
        get = database.Prepare("SELECT etag, body FROM rows WHERE table_id = ?1 AND partition = ?2 AND row = ?3");
        // Without a LIMIT: SQLite would prepare the statement again whenever a parameter in LIMIT is bound, which takes 25 µs.
        range = database.Prepare("""
            SELECT etag, body, row FROM rows WHERE table_id = ?1 AND partition = ?2 AND row >= ?3 AND row < ?4 ORDER BY row
            """);
        begin = database.Prepare("BEGIN");
        end = database.Prepare("COMMIT");
    }

    /// <summary>The row with a key, or null.</summary>
    public TableRow? Get(in RowKey key)
    {
        var generation = generations.Read();
        if (cache.TryGet(generation, key, out var known, out var readAt)) return known;
        var row = Find(key, known, out var bytes);
        // If the number did not change during the read, the row is of that generation.
        if (generations.IsStill(generation)) cache.Keep(readAt, key, row, bytes);
        return row;
    }

    /// <summary>The rows with these keys of a partition, in one snapshot.</summary>
    public TableRow?[] GetMany(string table, string partition, IReadOnlyList<string> rows) =>
        InSnapshot(rows, row => Find(new RowKey(table, partition, row), null, out _));

    /// <summary>The first rows of a range of each of several partitions, in one snapshot.</summary>
    public IReadOnlyList<TableRow>[] ReadEach(string table, IReadOnlyList<string> partitions, RowRange bounds, int most) =>
        InSnapshot<IReadOnlyList<TableRow>>(
            partitions, tables.Find(table) == 0 ? _ => [] : partition => Read(table, partition, bounds, most));

    /// <summary>The first rows of a range of a partition, in one snapshot.</summary>
    public List<TableRow> Read(string table, string partition, RowRange bounds, int most)
    {
        var rows = new List<TableRow>();
        var id = tables.Find(table);
        if (id == 0) return rows;
        range.Bind(1, id);
        range.Bind(2, partition);
        range.Bind(3, bounds.From ?? "");
        range.Bind(4, bounds.Before ?? BehindAll);
        try
        {
            while (rows.Count < most && range.Step()) rows.Add(Row(range, range.Key(2), range.Bytes(1)));
            return rows;
        }
        finally
        {
            range.Reset();
        }
    }

    /// <summary>The partitions of a table that have rows, in order.</summary>
    public List<string> Partitions(string table)
    {
        var found = new List<string>();
        using var statement = database.Prepare("SELECT DISTINCT partition FROM rows WHERE table_id = ?1 ORDER BY partition");
        statement.Bind(1, tables.Find(table));
        while (statement.Step()) found.Add(statement.Key(0));
        return found;
    }

    public void Dispose() => database.Dispose();

    private T[] InSnapshot<T>(IReadOnlyList<string> keys, Func<string, T> read)
    {
        var found = new T[keys.Count];
        begin.Run();
        try
        {
            for (var at = 0; at < found.Length; at++) found[at] = read(keys[at]);
        }
        finally
        {
            end.Run();
        }
        return found;
    }

    // Of a row that is still as it was known, what was made of it is kept.
    private TableRow? Find(in RowKey key, TableRow? known, out int bytes)
    {
        bytes = 0;
        var id = tables.Find(key.Table);
        if (id == 0) return null;
        get.Bind(1, id);
        get.Bind(2, key.Partition);
        get.Bind(3, key.Row);
        try
        {
            if (!get.Step()) return null;
            var body = get.Bytes(1);
            bytes = body.Length;
            return known?.Again(ETags.Format(get.Int64(0)), body) ?? Row(get, key.Row, body);
        }
        finally
        {
            get.Reset();
        }
    }

    private static TableRow Row(Statement statement, string key, ReadOnlySpan<byte> body) =>
        TableRow.Encoded(key, ETags.Format(statement.Int64(0)), body.ToArray());
}
