using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Gatehouse.Access;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Requests;
using Gatehouse.Platform;
using Gatehouse.Telemetry;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Checks the signature of a webhook, which the platform makes with the application's master token. An unknown application is
/// refused like a wrong signature and in the same time, so that callers cannot find out which applications exist.
/// </summary>
public sealed class WebhookGate(IApplicationDirectory applications, CredentialLimit limit, ProblemAnswers answers)
{
    /// <summary>The most bytes of a webhook: 1 MiB.</summary>
    public const int BodyLimit = 1024 * 1024;

    private const string Challenge = "Signature realm=\"gatehouse\"";

    // The signature is checked against this where there is no such application.
    private static readonly string DecoyToken = RandomNumberGenerator.GetHexString(ApiToken.Length, lowercase: true);

    /// <summary>Reads the body and checks its signature.</summary>
    /// <param name="request">The request.</param>
    /// <param name="application">The application's id as the caller wrote it.</param>
    /// <param name="run">The operation; it gets the body as it was signed.</param>
    /// <param name="operation">The operation's name.</param>
    public Task<IResult> SignedAsync(
        HttpRequest request, string application, Func<AppId, ReadOnlyMemory<byte>, CancellationToken, Task<IResult>> run,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            // What can be refused without the body is refused before the body is read. The answer does not depend on which
            // applications exist.
            if (AppId.TryParse(application) is not { } id || WebhookSignature.Look(request.Headers[WebhookSignature.Header]) is not null)
                throw Refused();
            var body = await RequestBody.ReadAsync(request, BodyLimit, cancellation);
            var master = await applications.FindMasterTokenAsync(id, cancellation);
            var verdict = WebhookSignature.Verify(
                body.Span, request.Headers[WebhookSignature.Header], master?.Reveal() ?? DecoyToken);
            if (verdict == SignatureVerdict.Right && master is not null) return await run(id, body, cancellation);
            Measures.CredentialsRefused.Add(1);
            limit.Log(request.HttpContext, "wrong signature");
            throw Refused();
        });

    private static ProblemException Refused() => new(Problem.Unauthenticated(
        Challenge, $"{WebhookSignature.Header} must be sent once and be the body's signature."));
}
