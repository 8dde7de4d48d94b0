namespace Gatehouse.Storage;

/// <summary>
/// What Azure Table Storage accepts. Every store refuses the rest, so that code which works on one works on all. Source:
/// Azure Storage documentation, on the data model of the Table service and "Performing entity group transactions".
/// </summary>
public static partial class TableLimits
{
    /// <summary>The most changes in one commit.</summary>
    public const int ChangesPerCommit = 100;

    /// <summary>The most rows of one read, and the most keys of one <see cref="ITableStore.GetManyAsync"/>.</summary>
    public const int RowsPerRead = 1000;

    /// <summary>The most characters of a partition key or a row key (1 KiB of UTF-16).</summary>
    public const int KeyLength = 512;

    /// <summary>The fewest characters of a table's name.</summary>
    public const int ShortestTableName = 3;

    /// <summary>The most characters of a table's name.</summary>
    public const int TableNameLength = 63;

    /// <summary>
    /// The property with the mark of the commit that wrote a row in Azure (<see cref="AzureTables.AzureTableStore"/>). Rows
    /// must not have it, on any store.
    /// </summary>
    public const string CommitMark = "_c";

    /// <summary>The most properties of a row: Azure's 252, without <see cref="CommitMark"/>.</summary>
    public const int PropertiesPerRow = 251;

    /// <summary>The most characters of a property's name.</summary>
    public const int PropertyNameLength = 255;

    /// <summary>The most bytes of one text (as UTF-16) or binary property.</summary>
    public const int PropertySize = 64 * 1024;

    /// <summary>The most bytes of a row, as <see cref="SizeOf(string, TableRow)"/> counts them.</summary>
    public const int RowSize = 1024 * 1024;

    /// <summary>
    /// The most bytes of one commit as it is sent; <see cref="SentSizeOf(string, TableRow)"/> counts them for each change.
    /// </summary>
    public const int CommitSize = 4 * 1024 * 1024;

    /// <summary>The earliest instant that a property can hold.</summary>
    public static readonly DateTimeOffset EarliestInstant = new(1601, 1, 1, 0, 0, 0, TimeSpan.Zero);
}
