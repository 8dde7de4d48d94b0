using Gatehouse.Storage;

namespace Gatehouse.Access.Audit;

/// <summary>One call in the audit trail. It has no free text, so it cannot hold a secret.</summary>
/// <param name="Id">16 hex digits.</param>
/// <param name="At">The time of the call.</param>
/// <param name="Caller">The caller's name.</param>
/// <param name="Role">The name of the role that the operation requires; for a call of the platform's own API the kind of credential,
/// <see cref="AuditCall.Organization"/> or <see cref="AuditCall.ApiToken"/>.</param>
/// <param name="Operation">The operation's name.</param>
/// <param name="Application">The application concerned; null for none, or where its creation failed.</param>
/// <param name="Subject">What was concerned within the application; null for the whole.</param>
/// <param name="Label">The label of the token's lease; null for none.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="EndedAt">When the outcome was known; null until then.</param>
/// <param name="RequestId">The request's id.</param>
/// <param name="IdempotencyKey">The client's idempotency key; null for none.</param>
public sealed record AuditEntry(
    string Id, DateTimeOffset At, string Caller, string Role, string Operation, AppId? Application, AuditSubject? Subject,
    string? Label, AuditOutcome Outcome, DateTimeOffset? EndedAt, string RequestId, string? IdempotencyKey)
{
    /// <summary>The entry's row key: newest first.</summary>
    internal string RowKey => AuditPosition.Of(this).RowKey;

    /// <summary>The entry as a row.</summary>
    internal TableRow ToRow()
    {
        var properties = new List<RowProperty>
        {
            new("At", At), new("Caller", Caller), new("Role", Role), new("Operation", Operation),
            new("Outcome", AuditOutcomeNames.NameOf(Outcome)), new("RequestId", RequestId),
        };
        if (Application is { } application) properties.Add(new("Application", application.ToString()));
        if (Subject is not null) properties.Add(new("Subject", Subject.ToString()));
        if (Label is not null) properties.Add(new("Label", Label));
        if (EndedAt is { } ended) properties.Add(new("EndedAt", ended));
        if (IdempotencyKey is not null) properties.Add(new("IdempotencyKey", IdempotencyKey));
        return new TableRow(RowKey, null, [.. properties]);
    }

    /// <summary>The entry in a row.</summary>
    internal static AuditEntry Read(TableRow row) => new(
        row.Key[^16..],
        row.GetDateTimeOffset("At"),
        row.GetString("Caller"),
        row.GetString("Role"),
        row.GetString("Operation"),
        row.Find("Application") is string id ? AppId.TryParse(id) : null,
        row.Find("Subject") is string subject ? AuditSubject.Read(subject) : null,
        row.Find("Label") as string,
        AuditOutcomeNames.TryParse(row.GetString("Outcome"), out var outcome)
            ? outcome
            : throw new RowFormatException($"Row '{row.Key}' has no outcome."),
        row.Find("EndedAt") as DateTimeOffset?,
        row.GetString("RequestId"),
        row.Find("IdempotencyKey") as string);
}
