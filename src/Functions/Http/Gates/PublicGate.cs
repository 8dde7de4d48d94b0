using System.Runtime.CompilerServices;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Platform;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>Lets everybody pass: for what shows nothing that is anybody's, and changes nothing.</summary>
public sealed class PublicGate(ProblemAnswers answers, PlatformGate platform)
{
    // Whatever lies under these is Gatehouse's own; the rest is the platform's, which has a form of its own for errors.
    private static readonly PathString[] Own = ["/ops", "/webhooks", "/health", "/openapi.json"];

    /// <summary>Lets everybody pass.</summary>
    public Task<IResult> OpenAsync(
        HttpRequest request, Func<CancellationToken, Task<IResult>> admitted, [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, admitted);

    /// <summary>Refuses what no function serves, by its path or by its method, as what lies there refuses.</summary>
    public Task<IResult> UnknownAsync(HttpRequest request, [CallerMemberName] string operation = "") =>
        Array.Exists(Own, root => request.Path.StartsWithSegments(root))
            ? answers.AnswerAsync(request, operation, _ => throw new ProblemException(Problem.UnknownUrl()))
            : platform.OpenAsync(request, _ => throw PlatformException.NoSuchUrl(), operation);
}
