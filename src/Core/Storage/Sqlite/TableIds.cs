using Microsoft.Data.Sqlite;

namespace Gatehouse.Storage.Sqlite;

/// <summary>
/// The numbers of tables. Rows contain a table's number instead of its name. One connection's view: a number never changes, so a
/// known number is not read again.
/// </summary>
internal sealed class TableIds(Database database)
{
    private readonly Dictionary<string, long> known = new(StringComparer.Ordinal);
    private readonly SqliteCommand find = database.Command("SELECT id FROM tables WHERE name = $1", SqliteType.Text);
    private readonly SqliteCommand add = database.Command("INSERT INTO tables (name) VALUES ($1)", SqliteType.Text);

    /// <summary>The table's number; 0 if nothing was ever written to the table.</summary>
    public long Find(string table)
    {
        if (known.TryGetValue(table, out var id)) return id;
        find.Parameters[0].Value = table;
        if (find.ExecuteScalar() is not long found) return 0;
        known[table] = found;
        return found;
    }

    /// <summary>The table's number. If it has none, it gets one in the connection's write transaction.</summary>
    public long FindOrAdd(string table)
    {
        if (Find(table) is not 0 and var id) return id;
        add.Parameters[0].Value = table;
        add.ExecuteNonQuery();
        return Find(table);
    }
}
