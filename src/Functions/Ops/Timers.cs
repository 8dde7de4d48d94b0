using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Ops;

/// <summary>The timers: when they ran, what they did, and which are overdue.</summary>
public sealed class Timers(OpsGate gate, JobWatch watch)
{
    /// <summary>Every timer, with its last runs.</summary>
    [Function(nameof(ListTimers))]
    public Task<IResult> ListTimers(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "ops/v1/timers")] HttpRequest request) =>
        gate.ReadGlobalAsync(request, Role.AuditRead, async (_, cancellation) => OpsReply.Ok(
            new TimersDocument([.. (await watch.ReadAsync(cancellation)).Select(TimerDocument.Of)]), TimersContext.Default.TimersDocument));
}
