using Gatehouse.Functions.Http.Gates;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Platform;

/// <summary>Whatever no other function serves, by its path or by its method: an error body in place of an empty answer.</summary>
public sealed class UnknownUrls(PublicGate gate)
{
    /// <summary>Refuses: with a problem of type <c>unknown-url</c> where Gatehouse's own routes are, else with 400404.</summary>
    [Function(nameof(RefuseUnknownUrl))]
    public Task<IResult> RefuseUnknownUrl(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request) =>
        gate.UnknownAsync(request);
}
