using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Problems;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>Authenticates a caller of the facade by the one credential in the request.</summary>
public sealed class OpsAuthentication(CallerAuthenticator callers, CredentialLimit limit)
{
    private const string KeyHeader = "X-Gatehouse-Key";
    private const string Scheme = "Bearer ";

    private const string KeyChallenge = "GatehouseKey realm=\"gatehouse\"";
    private const string BearerChallenge = ", Bearer realm=\"gatehouse\"";

    private readonly string missing =
        callers.TakesBearer ? $"{KeyHeader} or Authorization: Bearer must be sent." : $"{KeyHeader} must be sent.";

    /// <summary>The caller.</summary>
    /// <exception cref="ProblemException">401: no credential, an invalid one, or several; 429: too many wrong ones;
    /// 503: the credential cannot be checked.</exception>
    internal async ValueTask<Caller> AuthenticateAsync(HttpRequest request, CancellationToken cancellation)
    {
        var keys = request.Headers[KeyHeader];
        var authorizations = request.Headers.Authorization;
        if (keys.Count > 1) throw Unauthenticated($"{KeyHeader} must be sent once.");
        if (authorizations.Count > 1) throw Unauthenticated("Authorization must be sent once.");
        string? authorization = authorizations;
        var isBearer = authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true;
        var (key, bearer) = ((string?)keys, isBearer ? authorization![Scheme.Length..].Trim() : null);
        if (limit.WaitOf(request.HttpContext, key ?? bearer) is { } wait) throw new ProblemException(Problem.TooManyAttempts(wait));
        var found = await callers.AuthenticateAsync(key, bearer, cancellation);
        if (found.IsKnown)
        {
            limit.Accept((key ?? bearer)!);
            return found.Caller;
        }
        limit.Log(request.HttpContext, $"credential fault {found.Fault}");
        if (found.Status == AuthenticationStatus.Unavailable) throw new ProblemException(Problem.Unavailable());
        if (found.Fault is not (CredentialFault.Missing or CredentialFault.NoBearer)) limit.Refuse(request.HttpContext, (key ?? bearer)!);
        throw found.Fault switch
        {
            CredentialFault.UnknownKey => Unauthenticated($"{KeyHeader} is not valid."),
            CredentialFault.ExpiredKey => Unauthenticated($"{KeyHeader} has expired."),
            CredentialFault.Ambiguous =>
                Unauthenticated($"Either {KeyHeader} or Authorization: Bearer can be sent, not both.", "invalid_request"),
            CredentialFault.Missing or CredentialFault.NoBearer => Unauthenticated(missing),
            CredentialFault.Expired => Unauthenticated("The bearer token has expired.", "invalid_token"),
            _ => Unauthenticated("The bearer token is not valid.", "invalid_token"),
        };
    }

    // An error of the bearer token is also in the challenge (RFC 6750, 3).
    private ProblemException Unauthenticated(string detail, string? bearerError = null) => new(Problem.Unauthenticated(
        !callers.TakesBearer ? KeyChallenge
        : bearerError is null ? KeyChallenge + BearerChallenge
        : $"{KeyChallenge}{BearerChallenge}, error=\"{bearerError}\", error_description=\"{detail}\"",
        detail));
}
