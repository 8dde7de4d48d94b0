using Gatehouse.Functions.Http.Gates;
using Gatehouse.Functions.Http.Replies;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Gatehouse.Functions.Service;

/// <summary>The API's description for machines. Needs no credential, because the documentation is public too.</summary>
public sealed class OpenApi(PublicGate gate)
{
    /// <summary>The OpenAPI 3.1 document of every route.</summary>
    [Function(nameof(ViewOpenApi))]
    public Task<IResult> ViewOpenApi(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "openapi.json")] HttpRequest request) =>
        gate.OpenAsync(request, _ => Task.FromResult(OpsReply.Document(OpenApiDocument.Bytes)));
}
