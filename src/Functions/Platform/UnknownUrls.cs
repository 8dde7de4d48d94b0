using Gatehouse.Functions.Http.Gates;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Platform;

/// <summary>
/// What no other function serves, by its path or by its method: an error body in place of an empty answer. The Functions host
/// tries functions in the order of their names and takes the first that matches, so the name of this one must sort last.
/// </summary>
public sealed class UnknownUrls(PublicGate gate)
{
    /// <summary>Refuses: with a problem of type <c>unknown-url</c> where Gatehouse's own routes are, else with 400404.</summary>
    [Function(nameof(ZUnknownUrl))]
    public Task<IResult> ZUnknownUrl(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request) =>
        gate.RefuseUnknownAsync(request);
}
