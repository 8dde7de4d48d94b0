using Gatehouse.Functions.Http.Gates;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Platform;

/// <summary>
/// Refuses requests that no other function serves, so that their answer has an error body. The Functions host tries functions in
/// the order of their names and takes the first that matches, so the name of this one must sort last.
/// </summary>
public sealed class UnknownUrls(PublicGate gate)
{
    /// <summary>Refuses a request: under the paths of Gatehouse's own routes with the problem <c>unknown-url</c>, elsewhere with 400404.</summary>
    [Function(nameof(ZUnknownUrl))]
    public Task<IResult> ZUnknownUrl(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request) =>
        gate.RefuseUnknownAsync(request);
}
