using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>The audit trail: changes and refusals, with their callers.</summary>
public sealed class Audit(OpsGate gate, AuditReader reader)
{
    /// <summary>
    /// A page of the entries that match the query, newest first. A confined caller sees those of its own applications.
    /// </summary>
    [Function(nameof(ListAuditEntries))]
    [QueryParameters("application", "caller", "operation", "role", "label", "outcome", "from", "to", "limit", "token")]
    public Task<IResult> ListAuditEntries(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/audit")] HttpRequest request) =>
        gate.ReadOwnAsync(request, Role.AuditRead, async (caller, cancellation) =>
        {
            var page = await reader.ReadAsync(
                caller, Filter(request), RequestQuery.Limit(request), RequestQuery.PageTokenText(request), cancellation);
            return page is null
                ? throw RequestException.Invalid("token is not valid.")
                : OpsReply.Ok(AuditPageDocument.Of(page), AuditContext.Default.AuditPageDocument);
        });

    private static AuditFilter Filter(HttpRequest request) => new()
    {
        Application = RequestQuery.Text(request, "application") is { } id
            ? AppId.TryParse(id) ?? throw RequestException.Invalid("application must be an application's id.")
            : null,
        Caller = RequestQuery.Text(request, "caller"),
        Operation = RequestQuery.OneOf(request, "operation", AuditNames.Operations),
        Role = RequestQuery.OneOf(request, "role", AuditNames.Roles),
        Label = RequestQuery.Text(request, "label"),
        Outcome = RequestQuery.OneOf(request, "outcome", AuditNames.Outcomes) is { } name && AuditOutcomeNames.TryParse(name, out var outcome)
            ? outcome
            : null,
        From = RequestQuery.Instant(request, "from"),
        Before = RequestQuery.Instant(request, "to"),
    };
}
