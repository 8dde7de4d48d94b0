using System.Text.Json.Serialization;
using Gatehouse.Access.Audit;
using Gatehouse.Common;

namespace Gatehouse.Functions.Ops;

/// <summary>A page of the audit trail; <c>next</c> is empty on the last.</summary>
internal sealed record AuditPageDocument(
    [property: JsonPropertyName("entries")] IReadOnlyList<AuditEntryDocument> Entries,
    [property: JsonPropertyName("next")] string Next)
{
    public static AuditPageDocument Of(AuditPage page) => new([.. page.Entries.Select(AuditEntryDocument.Of)], page.Next);
}

/// <summary>An entry of the audit trail.</summary>
internal sealed record AuditEntryDocument(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("at")] string At,
    [property: JsonPropertyName("caller")] string Caller,
    [property: JsonPropertyName("role")] string Role,
    [property: JsonPropertyName("operation")] string Operation,
    [property: JsonPropertyName("app_id")] string? AppId,
    [property: JsonPropertyName("subject")] string? Subject,
    [property: JsonPropertyName("label")] string? Label,
    [property: JsonPropertyName("outcome")] string Outcome,
    [property: JsonPropertyName("ended_at")] string? EndedAt,
    [property: JsonPropertyName("request_id")] string RequestId,
    [property: JsonPropertyName("idempotency_key")] string? IdempotencyKey)
{
    public static AuditEntryDocument Of(AuditEntry entry) => new(
        entry.Id, Rfc3339.Text(entry.At), entry.Caller, entry.Role, entry.Operation, entry.Application?.ToString(),
        entry.Subject?.ToString(), entry.Label, AuditOutcomeNames.NameOf(entry.Outcome), Rfc3339.TextOrNull(entry.EndedAt), entry.RequestId,
        entry.IdempotencyKey);
}

[JsonSerializable(typeof(AuditPageDocument))]
internal sealed partial class AuditContext : JsonSerializerContext;
