namespace Gatehouse.Storage;

/// <summary>What a change does to its row.</summary>
public enum RowChangeKind
{
    /// <summary>Adds a row that must not be there.</summary>
    Insert,

    /// <summary>Writes the row whether it is there or not.</summary>
    Put,

    /// <summary>Writes a row that must be there with a given ETag.</summary>
    Replace,

    /// <summary>Removes a row that must be there, with a given ETag or with any.</summary>
    Delete,
}

/// <summary>One change of a commit. Made by <see cref="Insert"/>, <see cref="Put"/>, <see cref="Replace"/> and
/// <see cref="Delete"/>.</summary>
public sealed class RowChange
{
    private RowChange(RowChangeKind kind, TableRow row, string? ifMatch)
    {
        Kind = kind;
        Row = row;
        IfMatch = ifMatch;
    }

    /// <summary>What the change does.</summary>
    public RowChangeKind Kind { get; }

    /// <summary>The row as it will be; for a delete, its key alone.</summary>
    public TableRow Row { get; }

    /// <summary>The ETag that the row must have; null where any will do.</summary>
    public string? IfMatch { get; }

    /// <summary>Adds a row; fails with <see cref="CommitFailure.AlreadyExists"/> where there is one with its key.</summary>
    public static RowChange Insert(TableRow row) => new(RowChangeKind.Insert, row, null);

    /// <summary>Writes a row over whatever is there; never fails.</summary>
    public static RowChange Put(TableRow row) => new(RowChangeKind.Put, row, null);

    /// <summary>
    /// Writes a row over the one with this ETag; fails with <see cref="CommitFailure.Missing"/> or
    /// <see cref="CommitFailure.Changed"/>.
    /// </summary>
    public static RowChange Replace(TableRow row, string ifMatch) => new(RowChangeKind.Replace, row, ifMatch);

    /// <summary>
    /// Removes a row, whatever its ETag where <paramref name="ifMatch"/> is null; fails with
    /// <see cref="CommitFailure.Missing"/> or <see cref="CommitFailure.Changed"/>.
    /// </summary>
    public static RowChange Delete(string row, string? ifMatch = null) =>
        new(RowChangeKind.Delete, new TableRow(row), ifMatch);
}
