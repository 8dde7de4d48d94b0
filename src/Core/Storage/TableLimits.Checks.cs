using System.Buffers;

namespace Gatehouse.Storage;

// The checks that every store makes first. Each throws ArgumentException. The message says what is wrong, but never shows a
// property's value, which may be a secret.
public static partial class TableLimits
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Digits = "0123456789";

    private static readonly SearchValues<char> TableNameCharacters = SearchValues.Create(Letters + Digits);
    private static readonly SearchValues<char> PropertyNameCharacters = SearchValues.Create(Letters + Digits + "_");

    // Azure forbids / \ # ? and control characters in keys; this project's keys are ASCII, so that ordinal order is the
    // same in UTF-16 (here and in Azure) and in UTF-8 (SQLite).
    private const string Printable = Letters + Digits + " !\"$%&'()*+,-.:;<=>@[]^_`{|}~";

    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create(Printable);

    // A bound is a key, or a prefix whose last character was raised by one (RowRange.Prefix).
    private static readonly SearchValues<char> BoundCharacters = SearchValues.Create(Printable + "/\\#?\x7F");

    // The properties that Azure Table Storage adds to every row.
    private static readonly string[] ReservedNames = ["PartitionKey", "RowKey", "Timestamp", CommitMark];

    // Its name, and a GUID.
    private const int CommitMarkSize = 8 + 2 * 2 + 16;

    // For each change: its part's boundary, its request line and headers, the names of the keys, the commit's mark; and
    // twice the account's address and the table's name.
    private const int SentFrame = 1024;

    /// <summary>Checks the keys of one row.</summary>
    /// <exception cref="ArgumentException">The table or one of the keys is outside the limits.</exception>
    public static void CheckKeys(string table, string partition, string row)
    {
        CheckTable(table);
        CheckKey(partition);
        CheckKey(row);
    }

    /// <summary>Checks the keys of several rows in a partition.</summary>
    /// <exception cref="ArgumentException">The table, a key or the number of keys is outside the limits.</exception>
    public static void CheckKeys(string table, string partition, IReadOnlyList<string> rows)
    {
        CheckTable(table);
        CheckKey(partition);
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count is < 1 or > RowsPerRead) throw Outside($"1 to {RowsPerRead} rows are got at once, not {rows.Count}.");
        foreach (var row in rows) CheckKey(row);
    }

    /// <summary>Checks a range read.</summary>
    /// <exception cref="ArgumentException">The table, the key, a bound or the number is outside the limits.</exception>
    public static void CheckRange(string table, string partition, RowRange range, int most)
    {
        CheckTable(table);
        CheckKey(partition);
        CheckBound(range.From);
        CheckBound(range.Before);
        if (most is < 1 or > RowsPerRead) throw Outside($"1 to {RowsPerRead} rows are read at once, not {most}.");
    }

    /// <summary>Checks a commit: its keys, its rows and its size.</summary>
    /// <exception cref="ArgumentException">A key, a row or the size is outside the limits.</exception>
    public static void CheckCommit(string table, string partition, IReadOnlyList<RowChange> changes)
    {
        CheckTable(table);
        CheckKey(partition);
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.Count is < 1 or > ChangesPerCommit)
            throw Outside($"A commit makes 1 to {ChangesPerCommit} changes, not {changes.Count}.");
        var size = 0L;
        foreach (var change in changes) size += CheckChange(partition, change);
        if (size > CommitSize) throw Outside($"A commit is sent in at most {CommitSize} bytes, not {size}.");
        if (changes.Count > 1) CheckDistinct(changes);
    }

    /// <summary>
    /// The bytes of a row as Azure counts them: 4, 2 for each character of both keys, and for each property 8, 2 for each
    /// character of its name, and its value (text as UTF-16). The commit's mark is included.
    /// </summary>
    public static int SizeOf(string partition, TableRow row)
    {
        ArgumentNullException.ThrowIfNull(partition);
        ArgumentNullException.ThrowIfNull(row);
        var size = 4 + CommitMarkSize + 2 * (partition.Length + row.Key.Length);
        foreach (var (name, value) in row.Span) size += 8 + 2 * name.Length + SizeOf(name, value);
        return size;
    }

    /// <summary>
    /// The most bytes of a change in the request of its commit. Azure counts a commit as it is sent, in JSON, where binary
    /// data takes four thirds of its size and a character that is neither letter nor digit up to six bytes.
    /// </summary>
    public static int SentSizeOf(string partition, TableRow row)
    {
        ArgumentNullException.ThrowIfNull(partition);
        ArgumentNullException.ThrowIfNull(row);
        // Once in the address, where a quote is doubled, and once in the body.
        var size = SentFrame + 2 * (SentSizeOf(partition) + SentSizeOf(row.Key));
        foreach (var (name, value) in row.Span)
        {
            // The name comes twice: with the value, and with its type.
            size += 2 * name.Length + 40 + value switch
            {
                string text => SentSizeOf(text),
                byte[] bytes => (bytes.Length + 2) / 3 * 4,
                _ => 36,
            };
        }
        return size;
    }

    /// <summary>Whether this may name a property: a letter or underscore, then letters, digits and underscores.</summary>
    internal static bool IsPropertyName(ReadOnlySpan<char> name) =>
        name.Length is >= 1 and <= PropertyNameLength
        && !char.IsAsciiDigit(name[0])
        && !name.ContainsAnyExcept(PropertyNameCharacters);

    private static void CheckTable(string table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Length is >= ShortestTableName and <= TableNameLength
            && char.IsAsciiLetter(table[0])
            && !table.AsSpan().ContainsAnyExcept(TableNameCharacters))
        {
            return;
        }
        throw Outside($"A table's name is {ShortestTableName} to {TableNameLength} letters and digits, the first a letter; "
            + $"'{table}' is not.");
    }

    private static void CheckKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length is < 1 or > KeyLength || key.AsSpan().ContainsAnyExcept(KeyCharacters))
            throw Outside($"A key is 1 to {KeyLength} printable ASCII characters without / \\ # and ?; '{key}' is not.");
    }

    private static void CheckBound(string? bound)
    {
        // One character longer than a key: RowRange.StartingAfter.
        if (bound is not null && (bound.Length > KeyLength + 1 || bound.AsSpan().ContainsAnyExcept(BoundCharacters)))
            throw Outside($"A range's bound is at most {KeyLength + 1} ASCII characters from the space on; '{bound}' is not.");
    }

    private static int CheckChange(string partition, RowChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var row = change.Row;
        CheckKey(row.Key);
        // Azure takes the ETag * to mean any.
        if ((change.Kind == RowChangeKind.Replace && change.IfMatch is null) || change.IfMatch is "" or "*")
            throw Outside($"The ETag to match for the row '{row.Key}' is not one that a store gives.");
        if (row.Span.Length > PropertiesPerRow)
            throw Outside($"A row has at most {PropertiesPerRow} properties; '{row.Key}' has {row.Span.Length}.");
        for (var index = 0; index < row.Span.Length; index++) CheckProperty(row, index);
        var size = SizeOf(partition, row);
        if (size > RowSize) throw Outside($"A row has at most {RowSize} bytes; '{row.Key}' has {size}.");
        return SentSizeOf(partition, row);
    }

    private static void CheckProperty(TableRow row, int index)
    {
        var (name, value) = row.Span[index];
        ArgumentNullException.ThrowIfNull(name);
        if (!IsPropertyName(name) || ReservedNames.Contains(name))
        {
            throw Outside($"A property's name is 1 to {PropertyNameLength} letters, digits and underscores, the first no digit, "
                + $"and none of {string.Join(", ", ReservedNames)}; '{name}' is not.");
        }
        foreach (var (before, _) in row.Span[..index])
            if (before == name) throw Outside($"The row '{row.Key}' has the property '{name}' twice.");
        if (value is string text && !IsWellFormed(text))
            throw Outside($"The property '{name}' is a text with half a surrogate pair.");
        if (value is DateTimeOffset instant && instant < EarliestInstant)
            throw Outside($"The property '{name}' is before {EarliestInstant:yyyy-MM-dd}.");
        if (value is string or byte[] && SizeOf(name, value) > 4 + PropertySize)
            throw Outside($"The property '{name}' has more than {PropertySize} bytes.");
    }

    private static void CheckDistinct(IReadOnlyList<RowChange> changes)
    {
        var keys = new HashSet<string>(changes.Count, StringComparer.Ordinal);
        foreach (var change in changes)
            if (!keys.Add(change.Row.Key)) throw Outside($"The commit changes the row '{change.Row.Key}' twice.");
    }

    private static int SizeOf(string name, object value) => value switch
    {
        string text => 4 + 2 * text.Length,
        byte[] bytes => 4 + bytes.Length,
        int => 4,
        long or double or DateTimeOffset => 8,
        bool => 1,
        Guid => 16,
        null => throw Outside($"The property '{name}' has no value."),
        _ => throw Outside($"The property '{name}' is of type {value.GetType().Name}, which stores do not support."),
    };

    private static int SentSizeOf(ReadOnlySpan<char> text)
    {
        var size = text.Length;
        while (text.IndexOfAnyExcept(PropertyNameCharacters) is >= 0 and var at)
        {
            size += 5;
            text = text[(at + 1)..];
        }
        return size;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        // Only surrogates can be invalid; most texts have none.
        while (text.IndexOfAnyInRange('\uD800', '\uDFFF') is >= 0 and var at)
        {
            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return false;
            text = text[(at + 2)..];
        }
        return true;
    }

    private static ArgumentException Outside(string message) => new(message);
}
