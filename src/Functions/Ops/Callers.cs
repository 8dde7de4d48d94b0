using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>Who may call the facade, and what each caller may do. No answer contains a key or its hash.</summary>
public sealed class Callers(OpsGate gate, KeyCallers keys, CallerAuthenticator authenticator, TimeProvider time)
{
    /// <summary>The caller itself: its roles, its applications, and when its credential ends.</summary>
    [Function(nameof(ViewCaller))]
    public Task<IResult> ViewCaller(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/whoami")] HttpRequest request) =>
        gate.ReadSelfAsync(request, caller => OpsReply.Ok(CallerDocument.Of(caller), CallersContext.Default.CallerDocument));

    /// <summary>The callers with a key.</summary>
    [Function(nameof(ListCallers))]
    public Task<IResult> ListCallers(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/callers")] HttpRequest request) =>
        gate.ReadGlobalAsync(request, Role.AuditRead, (_, _) => Task.FromResult(OpsReply.Ok(
            KeyCallersDocument.Of(keys, authenticator.TakesBearer, time.GetUtcNow()), CallersContext.Default.KeyCallersDocument)));
}
