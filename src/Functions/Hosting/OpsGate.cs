using Gatehouse.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Hosting;

/// <summary>
/// Which internal service may pass to an operation of the facade: every function under <c>/ops/v1</c> is one call of a
/// method of this class. Default deny.
/// </summary>
public sealed partial class OpsGate(Callers callers, ProblemAnswers answers, ILogger<OpsGate> log)
{
    private const string KeyHeader = "X-Gatehouse-Key";
    private const string Scheme = "Bearer ";

    private readonly string challenge =
        "GatehouseKey realm=\"gatehouse\"" + (callers.TakesBearer ? ", Bearer realm=\"gatehouse\"" : "");

    private readonly string expected =
        callers.TakesBearer ? $"{KeyHeader} or Authorization: Bearer must be sent." : $"{KeyHeader} must be sent.";

    /// <summary>Lets pass who has the role for every application: for what is not about one.</summary>
    public Task<IResult> EverywhereAsync(
        HttpRequest request, Role role, Func<Caller, Task<IResult>> admitted, CancellationToken cancellation) =>
        answers.AnswerAsync(request, async () =>
        {
            var caller = await AuthenticateAsync(request, cancellation);
            Admit(caller, role, caller.MayEverywhere(role));
            return await admitted(caller);
        });

    /// <summary>Lets pass who has the role: for what shows, of all applications, the caller's own.</summary>
    public Task<IResult> AmongItsOwnAsync(
        HttpRequest request, Role role, Func<Caller, Task<IResult>> admitted, CancellationToken cancellation) =>
        answers.AnswerAsync(request, async () =>
        {
            var caller = await AuthenticateAsync(request, cancellation);
            Admit(caller, role, caller.MayAmongItsOwn(role));
            return await admitted(caller);
        });

    /// <summary>Lets pass who has the role for an application.</summary>
    /// <param name="request">The request.</param>
    /// <param name="role">What the caller must be allowed.</param>
    /// <param name="application">The application's id as the caller wrote it. Whether there is one is not asked.</param>
    /// <param name="admitted">What to do then.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IResult> ApplicationAsync(
        HttpRequest request, Role role, string application, Func<Caller, ApplicationId, Task<IResult>> admitted,
        CancellationToken cancellation) =>
        answers.AnswerAsync(request, async () =>
        {
            var caller = await AuthenticateAsync(request, cancellation);
            // Whoever has not the role is told so whatever the id, and nothing of the application.
            Admit(caller, role, caller.MayAmongItsOwn(role));
            if (ApplicationId.TryParse(application) is not { } id) throw new ProblemException(Problem.UnknownApplication());
            Admit(caller, role, caller.May(role, id));
            return await admitted(caller, id);
        });

    private static void Admit(Caller caller, Role role, AccessDecision decision)
    {
        if (decision == AccessDecision.Allowed) return;
        throw new ProblemException(decision switch
        {
            AccessDecision.OtherApplication => Problem.UnknownApplication(),
            AccessDecision.Forbidden => Problem.Forbidden(
                $"{caller} needs the role {RoleNames.NameOf(role)}{(caller.IsConfined ? " for this, or for every application" : "")}."),
            _ => throw new InvalidOperationException("A caller who is known was refused as unknown."),
        });
    }

    private async ValueTask<Caller> AuthenticateAsync(HttpRequest request, CancellationToken cancellation)
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
            CredentialFault.Missing or CredentialFault.NoBearer => expected,
            CredentialFault.Expired => "The bearer token has expired.",
            _ => "The bearer token is not valid.",
        });
    }

    private ProblemException Unauthenticated(string detail) => new(Problem.Unauthenticated(challenge, detail));

    [LoggerMessage(120, LogLevel.Information, "Request {RequestId}: the caller's credential was refused: {Fault}.")]
    private partial void LogRefused(string requestId, CredentialFault fault);
}
