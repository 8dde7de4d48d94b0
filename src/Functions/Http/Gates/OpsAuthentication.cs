using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>Authenticates a caller of the facade by the one credential in the request.</summary>
public sealed partial class OpsAuthentication(CallerAuthenticator callers, ILogger<OpsAuthentication> log)
{
    private const string KeyHeader = "X-Gatehouse-Key";
    private const string Scheme = "Bearer ";

    private readonly string challenge =
        "GatehouseKey realm=\"gatehouse\"" + (callers.TakesBearer ? ", Bearer realm=\"gatehouse\"" : "");

    private readonly string missing =
        callers.TakesBearer ? $"{KeyHeader} or Authorization: Bearer must be sent." : $"{KeyHeader} must be sent.";

    /// <summary>The caller.</summary>
    /// <exception cref="ProblemException">401: no credential, an invalid one, or several; 503: the credential cannot be checked.</exception>
    internal async ValueTask<Caller> AuthenticateAsync(HttpRequest request, CancellationToken cancellation)
    {
        var keys = request.Headers[KeyHeader];
        var authorizations = request.Headers.Authorization;
        if (keys.Count > 1) throw Unauthenticated($"{KeyHeader} must be sent once.");
        if (authorizations.Count > 1) throw Unauthenticated("Authorization must be sent once.");
        string? authorization = authorizations;
        var isBearer = authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true;
        var found = await callers.AuthenticateAsync(keys, isBearer ? authorization![Scheme.Length..].Trim() : null, cancellation);
        if (found.IsKnown) return found.Caller;
        LogRefused(request.HttpContext.TraceIdentifier, found.Fault);
        if (found.Status == AuthenticationStatus.Unavailable) throw new ProblemException(Problem.Unavailable());
        throw Unauthenticated(found.Fault switch
        {
            CredentialFault.UnknownKey => $"{KeyHeader} is not valid.",
            CredentialFault.Ambiguous => $"Either {KeyHeader} or Authorization: Bearer can be sent, not both.",
            CredentialFault.Missing or CredentialFault.NoBearer => missing,
            CredentialFault.Expired => "The bearer token has expired.",
            _ => "The bearer token is not valid.",
        });
    }

    private ProblemException Unauthenticated(string detail) => new(Problem.Unauthenticated(challenge, detail));

    [LoggerMessage(120, LogLevel.Information, "Request {RequestId}: the caller's credential was refused: {Fault}.")]
    private partial void LogRefused(string requestId, CredentialFault fault);
}
