using Gatehouse.Access.Audit;
using Gatehouse.Custody.Applications;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Embedded = Gatehouse.Platform.Embedded;

namespace Gatehouse.Functions.Platform;

/// <summary>An application's API tokens: issue, list, view, revoke (contract, "View an API token" to "List API tokens").</summary>
public sealed class ApiTokens(PlatformGate gate, Embedded.ApiTokens tokens, ManagedApplications custody)
{
    /// <summary>Issues a secondary token, for the master token. The fields of the body are ignored.</summary>
    [Function(nameof(IssueApiToken))]
    public Task<IResult> IssueApiToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/applications/api_tokens")] HttpRequest request) =>
        gate.ChangeAsync(request, async (change, caller, cancellation) =>
        {
            await RequestBody.ReadOptionalJsonAsync(request, cancellation);
            var issued = await tokens.IssueAsync(caller, cancellation);
            change.SetSubject(AuditSubject.Token(issued.Token));
            return PlatformReply.Ok(ApiTokenDocument.Of(issued), WireContext.Default.ApiTokenDocument);
        });

    /// <summary>The secondary tokens, newest first, for the master token.</summary>
    [Function(nameof(ListApiTokens))]
    public Task<IResult> ListApiTokens(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/api_tokens")] HttpRequest request) =>
        gate.ApplicationAsync(
            request,
            (caller, _) => Task.FromResult(PlatformReply.Ok(
                ApiTokenListDocument.Of(tokens.List(caller)), WireContext.Default.ApiTokenListDocument)));

    /// <summary>Shows one token. The master token can see every token of the application, a secondary one only itself.</summary>
    [Function(nameof(ViewApiToken))]
    public Task<IResult> ViewApiToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/applications/api_tokens/{apiToken}")] HttpRequest request,
        string apiToken) =>
        gate.ApplicationAsync(
            request,
            (caller, _) => Task.FromResult(PlatformReply.Ok(
                ApiTokenDocument.Of(tokens.View(caller, apiToken)), WireContext.Default.ApiTokenDocument)));

    /// <summary>Revokes a secondary token. The master token can revoke any, a secondary one only itself.</summary>
    [Function(nameof(RevokeApiToken))]
    public Task<IResult> RevokeApiToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/applications/api_tokens/{apiToken}")] HttpRequest request,
        string apiToken) =>
        gate.ChangeAsync(request, async (change, caller, cancellation) =>
        {
            if (ApiToken.TryParse(apiToken) is { } token)
            {
                change.SetSubject(AuditSubject.Token(token));
                change.SetLabel(await custody.FindLabelAsync(caller.Application, token, cancellation));
            }
            await tokens.RevokeAsync(caller, apiToken, cancellation);
            return PlatformReply.EmptyObject();
        });
}
