using System.Text;
using SQLitePCL;

namespace Gatehouse.Storage.Sqlite;

/// <summary>A prepared statement. Parameters count from 1 and stay bound until they are bound anew; columns count from 0.</summary>
internal sealed class Statement(Database database, sqlite3_stmt handle) : IDisposable
{
    /// <summary>Binds a number.</summary>
    public void Bind(int parameter, long value) => database.Check(raw.sqlite3_bind_int64(handle, parameter, value));

    /// <summary>Binds a key or a bound of keys: ASCII, a little longer than a key at most (TableLimits).</summary>
    public void Bind(int parameter, string ascii)
    {
        Span<byte> bytes = stackalloc byte[TableLimits.KeyLength + 8];
        var length = Encoding.ASCII.GetBytes(ascii, bytes);
        database.Check(raw.sqlite3_bind_text(handle, parameter, bytes[..length]));
    }

    /// <summary>Binds bytes.</summary>
    public void Bind(int parameter, ReadOnlySpan<byte> bytes) =>
        database.Check(raw.sqlite3_bind_blob(handle, parameter, bytes));

    /// <summary>Goes to the next row of the result, or returns false behind the last. Then comes <see cref="Reset"/>.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        return code == raw.SQLITE_ROW || (code == raw.SQLITE_DONE ? false : throw database.Fault(code));
    }

    /// <summary>
    /// Makes the statement ready to run again, and ends the read transaction of one outside of any other. What went wrong
    /// in the last step is not told again.
    /// </summary>
    public void Reset() => raw.sqlite3_reset(handle);

    /// <summary>Runs a statement that has no result, and returns how many rows it changed.</summary>
    public int Run()
    {
        try
        {
            Step();
            return database.Changes;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs a statement whose result does not matter; false where another connection holds a lock it needs.</summary>
    public bool TryRun()
    {
        int code;
        do code = raw.sqlite3_step(handle);
        while (code == raw.SQLITE_ROW);
        Reset();
        return code == raw.SQLITE_DONE || (code == raw.SQLITE_BUSY ? false : throw database.Fault(code));
    }

    /// <summary>A number of the current row.</summary>
    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    /// <summary>The bytes of a text or binary of the current row; they are gone with the next step or reset.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    /// <summary>A key of the current row.</summary>
    public string Key(int column) => Encoding.Latin1.GetString(Bytes(column));

    public void Dispose() => handle.Dispose();
}
