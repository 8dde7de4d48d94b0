using System.Text.RegularExpressions;
using Azure;
using Azure.Data.Tables;

namespace Gatehouse.Storage.AzureTables;

/// <summary>A commit as a transaction of the service, with the mark of its rows.</summary>
internal sealed partial class Transaction(string partition, RowChange[] changes)
{
    /// <summary>
    /// An ETag that no row has: sent in place of a caller's ETag that the service would not accept, so that it matches
    /// nothing.
    /// </summary>
    public const string NoRowsETag = "W/\"datetime'1601-01-01T00%3A00%3A00.0000000Z'\"";

    /// <summary>Marks the rows that this commit writes.</summary>
    public Guid Mark { get; } = Guid.NewGuid();

    public string Partition => partition;

    public IReadOnlyList<RowChange> Changes => changes;

    /// <summary>Its attempts.</summary>
    public CommitAttempts Attempts { get; } = new();

    /// <summary>The client's actions, in the order of the changes.</summary>
    public IEnumerable<TableTransactionAction> Actions()
    {
        foreach (var change in changes)
        {
            yield return change.Kind switch
            {
                RowChangeKind.Insert => new(TableTransactionActionType.Add, Entity(change)),
                RowChangeKind.Put => new(TableTransactionActionType.UpsertReplace, Entity(change)),
                RowChangeKind.Replace => new(TableTransactionActionType.UpdateReplace, Entity(change), IfMatch(change)),
                _ => new(
                    TableTransactionActionType.Delete, new TableEntity(partition, change.Row.Key),
                    change.IfMatch is null ? ETag.All : IfMatch(change)),
            };
        }
    }

    /// <summary>The result of a transaction that was carried out.</summary>
    /// <exception cref="FormatException">A response is missing, or the ETag of a written row.</exception>
    public CommitResult Result(IReadOnlyList<Response> responses)
    {
        if (responses.Count != changes.Length) throw new FormatException("Responses are missing.");
        var etags = new string?[changes.Length];
        for (var index = 0; index < etags.Length; index++)
        {
            if (changes[index].Kind != RowChangeKind.Delete)
                etags[index] = responses[index].Headers.ETag?.ToString() ?? throw new FormatException("An ETag is missing.");
        }
        return CommitResult.Success(etags);
    }

    /// <summary>The conflict that a transaction failed with; null for other failures.</summary>
    public CommitResult? Conflict(TableTransactionFailedException fault)
    {
        var failure = (fault.Status, fault.ErrorCode) switch
        {
            (409, "EntityAlreadyExists") => CommitFailure.AlreadyExists,
            (404, "ResourceNotFound" or "EntityNotFound") => CommitFailure.Missing,
            (412, "UpdateConditionNotSatisfied" or "ConditionNotMet") => CommitFailure.Changed,
            _ => CommitFailure.None,
        };
        return failure != CommitFailure.None && fault.FailedTransactionActionIndex is { } index && index >= 0 && index < changes.Length
            ? CommitResult.Failed(failure, index)
            : null;
    }

    /// <summary>
    /// What the rows after a conflict prove about an earlier attempt whose answer was lost: its result, if it was carried
    /// out; null if they prove nothing.
    /// </summary>
    /// <param name="rows">The row of each change, with its mark; null if there is none.</param>
    public CommitResult? Prove(IReadOnlyList<TableEntity?> rows)
    {
        var written = changes.Zip(rows).Any(pair => IsMine(pair.Second));
        if (!written && !IsRemoved(rows)) return null;
        // A row that was changed since has an ETag that this commit never had, and the caller does not need it.
        return CommitResult.Success([.. changes.Zip(rows, (change, row) =>
            change.Kind == RowChangeKind.Delete ? null : IsMine(row) ? row!.ETag.ToString() : NoRowsETag)]);
    }

    // It is not known who deleted them. But no certain version was to be deleted, and all rows are gone, as requested.
    private bool IsRemoved(IReadOnlyList<TableEntity?> rows) =>
        Array.TrueForAll(changes, change => change.Kind == RowChangeKind.Delete && change.IfMatch is null)
        && rows.All(row => row is null);

    private bool IsMine(TableEntity? row) => row is not null && row.TryGetValue(TableLimits.CommitMark, out var mark) && Mark.Equals(mark);

    private TableEntity Entity(RowChange change) => EntityCodec.Write(partition, change.Row, Mark);

    private static ETag IfMatch(RowChange change) => new(ServicesETag().IsMatch(change.IfMatch!) ? change.IfMatch! : NoRowsETag);

    [GeneratedRegex("""^W/"datetime'[0-9A-Za-z%.:+-]{1,100}'"\z""")]
    private static partial Regex ServicesETag();
}
