using Gatehouse.Access;
using Gatehouse.Platform.Embedded;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Hosting;

/// <summary>
/// Which internal service may pass to an operation of the facade: every function under <c>/ops/v1</c> is one call of a
/// method of this class. Default deny.
/// </summary>
public sealed class OpsGate(OpsCallers callers, Applications applications, ProblemAnswers answers)
{
    private const string KeyHeader = "X-Gatehouse-Key";
    private const string Challenge = "GatehouseKey realm=\"gatehouse\"";

    /// <summary>Lets a known caller pass, to an application that there is.</summary>
    /// <param name="request">The request.</param>
    /// <param name="application">The application's id as the caller wrote it.</param>
    /// <param name="admitted">What to do then.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IResult> ApplicationAsync(
        HttpRequest request, string application, Func<OpsCaller, ApplicationId, Task<IResult>> admitted,
        CancellationToken cancellation) =>
        answers.AnswerAsync(request, async () =>
        {
            var caller = Authenticate(request);
            if (ApplicationId.TryParse(application) is not { } id || !await applications.ExistsAsync(id, cancellation))
                throw new ProblemException(Problem.UnknownApplication());
            return await admitted(caller, id);
        });

    private OpsCaller Authenticate(HttpRequest request) => request.Headers[KeyHeader] switch
    {
        [] => throw Unauthenticated($"{KeyHeader} must be sent."),
        [{ } key] => callers.Find(key) ?? throw Unauthenticated($"{KeyHeader} is not valid."),
        _ => throw Unauthenticated($"{KeyHeader} must be sent once."),
    };

    private static ProblemException Unauthenticated(string detail) => new(Problem.Unauthenticated(Challenge, detail));
}
