namespace Gatehouse.Storage;

/// <summary>Why a change of a commit failed.</summary>
public enum CommitFailure
{
    /// <summary>It did not: the commit succeeded.</summary>
    None,

    /// <summary>A row to insert was already there.</summary>
    AlreadyExists,

    /// <summary>A row to replace or delete was not there.</summary>
    Missing,

    /// <summary>A row to replace or delete had another ETag.</summary>
    Changed,
}

/// <summary>The result of a commit: all changes were made, or none and why.</summary>
/// <param name="Failure">Why the first failing change failed; <see cref="CommitFailure.None"/> on success.</param>
/// <param name="FailedIndex">The index of the first failing change; -1 on success.</param>
/// <param name="ETags">On success the new ETag of each change's row, at the change's index (null for a delete);
/// otherwise empty.</param>
public sealed record CommitResult(CommitFailure Failure, int FailedIndex, IReadOnlyList<string?> ETags)
{
    /// <summary>Whether every change was made.</summary>
    public bool Succeeded => Failure == CommitFailure.None;

    /// <summary>Every change was made, and the rows have these ETags.</summary>
    public static CommitResult Success(IReadOnlyList<string?> etags) => new(CommitFailure.None, -1, etags);

    /// <summary>Nothing was changed, because of the change at this index.</summary>
    public static CommitResult Failed(CommitFailure failure, int index) => new(failure, index, []);

    /// <summary>
    /// Returns the result of a successful commit; throws <see cref="InvalidOperationException"/> after a failure that the
    /// caller considers impossible.
    /// </summary>
    public CommitResult OrThrow() =>
        Succeeded ? this : throw new InvalidOperationException($"The commit's change {FailedIndex} failed: {Failure}.");
}
