using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gatehouse.Telemetry;

namespace Gatehouse.Storage;

/// <summary>Reads rows one by one, so that a damaged row costs what is in it, and nothing else.</summary>
internal static class ReadableRows
{
    /// <summary>Reads a row.</summary>
    /// <exception cref="RowFormatException">A value is missing, of another type, or not what it should be.</exception>
    public static T Read<T>(TableRow row, Func<TableRow, T> read)
    {
        try
        {
            return read(row);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException or JsonException)
        {
            throw new RowFormatException($"Row '{row.Key}' cannot be read as {typeof(T).Name}.", e);
        }
    }

    /// <summary>Reads a row; false where it cannot be read, which is measured.</summary>
    public static bool TryRead<T>(TableRow row, Func<TableRow, T> read, [MaybeNullWhen(false)] out T value)
    {
        try
        {
            value = Read(row, read);
            return true;
        }
        catch (RowFormatException)
        {
            Measures.RowsUnreadable.Add(1);
            value = default;
            return false;
        }
    }

    /// <summary>What rows hold, without those that cannot be read.</summary>
    public static List<T> Of<T>(IEnumerable<TableRow> rows, Func<TableRow, T> read)
    {
        var found = new List<T>();
        foreach (var row in rows)
            if (TryRead(row, read, out var value)) found.Add(value);
        return found;
    }
}
