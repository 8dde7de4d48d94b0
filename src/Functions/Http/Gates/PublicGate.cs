using System.Runtime.CompilerServices;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>Requires no credential. Used for functions that show no data of applications and change nothing.</summary>
public sealed class PublicGate(ProblemAnswers answers, PlatformGate platform)
{
    // Under these paths, errors are problems (RFC 9457). Elsewhere they have the platform's format.
    private static readonly PathString[] OwnPaths = ["/ops", "/webhooks", "/health", "/openapi.json"];

    /// <summary>Runs an operation without checking credentials.</summary>
    public Task<IResult> OpenAsync(
        HttpRequest request, Func<CancellationToken, Task<IResult>> run, [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, run);

    /// <summary>Refuses a request that no function serves, in the error format of its path.</summary>
    public Task<IResult> RefuseUnknownAsync(HttpRequest request, [CallerMemberName] string operation = "") =>
        Array.Exists(OwnPaths, root => request.Path.StartsWithSegments(root))
            ? answers.AnswerAsync(request, operation, _ => throw new ProblemException(Problem.UnknownUrl()))
            : platform.OpenAsync(request, _ => throw PlatformException.NoSuchUrl(), operation);
}
