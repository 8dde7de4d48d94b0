namespace Gatehouse.Storage;

/// <summary>What a change does to its row.</summary>
public enum RowChangeKind
{
    /// <summary>Adds a row that must not exist.</summary>
    Insert,

    /// <summary>Writes a row, whether it exists or not.</summary>
    Put,

    /// <summary>Replaces a row that must exist with a given ETag.</summary>
    Replace,

    /// <summary>Deletes a row that must exist, with a given ETag or with any.</summary>
    Delete,
}

/// <summary>
/// One change of a commit, created by <see cref="Insert"/>, <see cref="Put"/>, <see cref="Replace"/> or
/// <see cref="Delete"/>.
/// </summary>
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

    /// <summary>The new row; for a delete, its key only.</summary>
    public TableRow Row { get; }

    /// <summary>The ETag that the row must have; null for any.</summary>
    public string? IfMatch { get; }

    /// <summary>Adds a row; fails with <see cref="CommitFailure.AlreadyExists"/> where there is one with its key.</summary>
    public static RowChange Insert(TableRow row) => new(RowChangeKind.Insert, row, null);

    /// <summary>Writes a row, whether it exists or not; never fails.</summary>
    public static RowChange Put(TableRow row) => new(RowChangeKind.Put, row, null);

    /// <summary>
    /// Replaces the row with this ETag; fails with <see cref="CommitFailure.Missing"/> or
    /// <see cref="CommitFailure.Changed"/>.
    /// </summary>
    public static RowChange Replace(TableRow row, string ifMatch) => new(RowChangeKind.Replace, row, ifMatch);

    /// <summary>
    /// Deletes a row, with any ETag where <paramref name="ifMatch"/> is null; fails with <see cref="CommitFailure.Missing"/>
    /// or <see cref="CommitFailure.Changed"/>.
    /// </summary>
    public static RowChange Delete(string row, string? ifMatch = null) =>
        new(RowChangeKind.Delete, new TableRow(row), ifMatch);
}
