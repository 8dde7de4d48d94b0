using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Functions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>An application's tokens and their leases. URLs contain a token's id, which is the start of its SHA-256, never the token.</summary>
public sealed class Tokens(OpsGate gate, Leases leases, TimeProvider time)
{
    /// <summary>Issues a token and delivers it in the answer or into the vault.</summary>
    [Function(nameof(OpsIssueToken))]
    public Task<IResult> OpsIssueToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications/{appId}/tokens")] HttpRequest request,
        string appId) =>
        gate.ChangeAsync(request, Role.TokensIssue, appId, async (change, application, cancellation) =>
        {
            var body = await RequestBody.ReadFieldsAsync(
                request, ["label", "deliver", "expires_in_seconds", "rotate_every_seconds"], cancellation);
            var lease = new LeaseRequest(
                body.RequiredString("label"), change.Caller.Name, TokenDeliveryNames.Parse(body.RequiredString("deliver")),
                body.OptionalSeconds("expires_in_seconds"), body.OptionalSeconds("rotate_every_seconds"));
            change.SetLabel(lease.Label);
            return new PreparedChange(
                () => change.CommitAsync<GrantedToken>(end => leases.IssueAsync(application, lease, end, cancellation), issued =>
                {
                    change.SetSubject(AuditSubject.Token(issued.TokenId));
                    return Granted(issued);
                }),
                () => DryRunDocument.OfAsync(leases.PreviewIssueAsync(application, lease, cancellation)),
                WritesEntry: true);
        });

    /// <summary>Every token of the application, with or without a lease.</summary>
    [Function(nameof(OpsListTokens))]
    public Task<IResult> OpsListTokens(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/applications/{appId}/tokens")] HttpRequest request,
        string appId) =>
        gate.ReadAsync(request, Role.ApplicationsRead, appId, async (_, application, cancellation) =>
            OpsReply.Ok(
                TokensDocument.Of(await leases.ListAsync(application, cancellation), time.GetUtcNow()),
                CustodyContext.Default.TokensDocument));

    /// <summary>Revokes a token.</summary>
    [Function(nameof(OpsRevokeToken))]
    public Task<IResult> OpsRevokeToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "ops/v1/applications/{appId}/tokens/{tokenId}")] HttpRequest request,
        string appId, string tokenId) =>
        gate.ChangeAsync(request, Role.TokensRevoke, appId, () => AuditSubject.Token(tokenId), async (change, application, cancellation) =>
        {
            await RequestBody.ReadOptionalFieldsAsync(request, [], cancellation);
            return new PreparedChange(
                () => change.CommitAsync<string?>(end => leases.RevokeAsync(application, tokenId, end, cancellation), label =>
                {
                    change.SetLabel(label);
                    return OpsReply.NoContent();
                }),
                () => DryRunDocument.OfAsync(leases.PreviewRevocationAsync(application, tokenId, cancellation)),
                WritesEntry: true);
        });

    /// <summary>Replaces a token with a new one. The old one works until the overlap ends.</summary>
    [Function(nameof(OpsRotateToken))]
    public Task<IResult> OpsRotateToken(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "ops/v1/applications/{appId}/tokens/{tokenId}/rotate")] HttpRequest request,
        string appId, string tokenId) =>
        gate.ChangeAsync(request, Role.TokensIssue, appId, () => AuditSubject.Token(tokenId), async (change, application, cancellation) =>
        {
            var body = await RequestBody.ReadOptionalFieldsAsync(request, ["overlap_seconds"], cancellation);
            var overlap = body?.OptionalSeconds("overlap_seconds") ?? TimeSpan.Zero;
            var caller = new TokenCaller(change.Caller.Name, change.Caller.May(Role.TokensManage, application) == AccessDecision.Allowed);
            return new PreparedChange(
                () => change.CommitAsync<GrantedToken>(end => leases.RotateAsync(application, tokenId, overlap, caller, end, cancellation), rotated =>
                {
                    change.SetLabel(rotated.Label);
                    if (rotated.Owner != change.Caller.Name) change.SetSubject(AuditSubject.TokenOf(tokenId, rotated.Owner));
                    return Granted(rotated);
                }),
                () => DryRunDocument.OfAsync(leases.PreviewRotationAsync(application, tokenId, overlap, caller, cancellation)),
                WritesEntry: true);
        });

    private static IResult Granted(GrantedToken token) =>
        OpsReply.Created(null, GrantedTokenDocument.Of(token), CustodyContext.Default.GrantedTokenDocument);
}
