namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// The number that stands for a table's name in the file, so that its rows do not repeat the name. One connection's
/// view: a number once given stays, so that what is known need not be asked again.
/// </summary>
internal sealed class TableIds(Database database)
{
    private readonly Dictionary<string, long> known = new(StringComparer.Ordinal);
    private readonly Statement find = database.Prepare("SELECT id FROM tables WHERE name = ?1");
    private readonly Statement add = database.Prepare("INSERT INTO tables (name) VALUES (?1)");

    /// <summary>The table's number; 0, which no table has, where nothing was ever written to it.</summary>
    public long Find(string table)
    {
        if (known.TryGetValue(table, out var id)) return id;
        find.Bind(1, table);
        try
        {
            if (!find.Step()) return 0;
            id = find.Int64(0);
        }
        finally
        {
            find.Reset();
        }
        known[table] = id;
        return id;
    }

    /// <summary>The table's number, given now where it has none: in the connection's write transaction.</summary>
    public long FindOrAdd(string table)
    {
        if (Find(table) is not 0 and var id) return id;
        add.Bind(1, table);
        add.Run();
        return Find(table);
    }
}
