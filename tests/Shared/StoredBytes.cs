using Microsoft.Data.Sqlite;

namespace Gatehouse.Tests;

/// <summary>Changes a store's file behind the store's back.</summary>
internal static class StoredBytes
{
    /// <summary>Replaces the bytes of a row by some that are no row.</summary>
    public static void Damage(string file, string table, string key)
    {
        using var database = new SqliteConnection($"Data Source={file};Pooling=False");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "UPDATE rows SET body = x'01FF' WHERE row = $row AND table_id = (SELECT id FROM tables WHERE name = $table)";
        command.Parameters.AddWithValue("$row", key);
        command.Parameters.AddWithValue("$table", table);
        Assert.Equal(1, command.ExecuteNonQuery());
    }
}
