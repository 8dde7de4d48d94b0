using System.Runtime.CompilerServices;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Checks the caller's role before an operation of the facade. Every function under <c>/ops/v1</c> is one call of a method of
/// this class. A caller without the role is refused.
/// </summary>
/// <remarks>
/// <para>Every refusal of a known caller is written to the audit trail. Operations that change something go through
/// <see cref="ChangeAsync(HttpRequest, Role, string, Func{OpsChange, AppId, CancellationToken, Task{IResult}}, string)"/>,
/// <see cref="ChangeGlobalAsync"/> or <see cref="CommitAsync"/>, which write the other entries.</para>
/// <para>A POST with an <c>Idempotency-Key</c> runs once (<see cref="IdempotentAnswers"/>). Its operation continues when the
/// caller disconnects.</para>
/// <para>The operation's name in the audit trail is the name of the function, which is the calling method.</para>
/// </remarks>
public sealed partial class OpsGate(
    OpsAuthentication authentication, AuditTrail trail, IdempotentAnswers idempotent, ProblemAnswers answers, ILogger<OpsGate> log)
{
    /// <summary>Requires the role for all applications. Used for reads that are not about one application.</summary>
    public Task<IResult> ReadGlobalAsync(
        HttpRequest request, Role role, Func<Caller, CancellationToken, Task<IResult>> read,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForAll(role), null, cancellation);
            return await read(call.Caller, cancellation);
        });

    /// <summary>
    /// Requires the role for at least one application. Used for lists of applications: the operation shows only those that the
    /// caller has the role for.
    /// </summary>
    public Task<IResult> ReadOwnAsync(
        HttpRequest request, Role role, Func<Caller, CancellationToken, Task<IResult>> read,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForSome(role), null, cancellation);
            return await read(call.Caller, cancellation);
        });

    /// <summary>Requires the role for an application. Used for reads of this application.</summary>
    /// <param name="request">The request.</param>
    /// <param name="role">The role.</param>
    /// <param name="application">The application's id as the caller wrote it. The application may not exist.</param>
    /// <param name="read">The operation.</param>
    /// <param name="operation">The operation's name.</param>
    public Task<IResult> ReadAsync(
        HttpRequest request, Role role, string application, Func<Caller, AppId, CancellationToken, Task<IResult>> read,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            return await read(call.Caller, id, cancellation);
        });

    /// <summary>
    /// Requires the role for all applications. Used for changes at the platform or in the vault that are not about one existing
    /// application. The audit entry is <c>started</c> before the change and <c>done</c> or <c>failed</c> after it.
    /// </summary>
    public Task<IResult> ChangeGlobalAsync(
        HttpRequest request, Role role, Func<OpsChange, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForAll(role), null, cancellation);
            return await idempotent.AnswerAsync(
                request, call, (attempt, running) => ChangeAsync(call, new OpsChange(trail, call, null, null) { Try = attempt }, change, running),
                cancellation);
        });

    /// <summary>
    /// Requires the role for an application. Used for changes of this application at the platform or in the vault. The audit
    /// entry is <c>started</c> before the change and <c>done</c> or <c>failed</c> after it.
    /// </summary>
    public Task<IResult> ChangeAsync(
        HttpRequest request, Role role, string application, Func<OpsChange, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        ChangeAsync(request, role, application, subject: null, change, operation);

    /// <summary>The same, with a subject in the audit entry: the part of the application that changes, such as a token.</summary>
    /// <param name="request">The request.</param>
    /// <param name="role">The role.</param>
    /// <param name="application">The application's id as the caller wrote it.</param>
    /// <param name="subject">Reads the subject from the request. If it throws <see cref="ArgumentException"/>, the entry has no
    /// subject, and the change must refuse the request.</param>
    /// <param name="change">The operation.</param>
    /// <param name="operation">The operation's name.</param>
    public Task<IResult> ChangeAsync(
        HttpRequest request, Role role, string application, Func<AuditSubject>? subject,
        Func<OpsChange, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            var audited = new OpsChange(trail, call, id, SubjectOf(subject));
            return await idempotent.AnswerAsync(
                request, call, (_, running) => ChangeAsync(call, audited, (_, stop) => change(audited, id, stop), running), cancellation);
        });

    /// <summary>
    /// Requires the role for an application. Used for changes of our own rows in one commit, which also contains the audit entry
    /// (<see cref="OpsChange.EntryRow"/>).
    /// </summary>
    public Task<IResult> CommitAsync(
        HttpRequest request, Role role, string application, Func<OpsChange, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            return await idempotent.AnswerAsync(request, call, async (_, running) =>
            {
                var audited = new OpsChange(trail, call, id, null);
                var result = await change(audited, id, running);
                return audited.HasEntryRow ? result : throw new InvalidOperationException($"{operation} has written no audit entry.");
            }, cancellation);
        });

    /// <summary>
    /// Requires the role for an application. Used for reports of usage: up to a thousand a second, so an accepted one leaves no
    /// audit entry. The counts are its record.
    /// </summary>
    public Task<IResult> ReportAsync(
        HttpRequest request, Role role, string application, Func<Caller, AppId, CancellationToken, Task<IResult>> report,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            return await idempotent.AnswerAsync(request, call, (_, running) => report(call.Caller, id, running), cancellation);
        });

    /// <summary>
    /// As <see cref="ChangeAsync(HttpRequest, Role, string, Func{OpsChange, AppId, CancellationToken, Task{IResult}}, string)"/>,
    /// but without an audit entry if the request changes nothing, such as a dry run (<paramref name="isInspection"/>).
    /// </summary>
    public Task<IResult> ChangeOrInspectAsync(
        HttpRequest request, Role role, string application, Func<bool> isInspection,
        Func<OpsChange, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            var audited = new OpsChange(trail, call, id, null);
            return await idempotent.AnswerAsync(
                request, call,
                (_, running) => isInspection() ? change(audited, id, running) : ChangeAsync(call, audited, (_, stop) => change(audited, id, stop), running),
                cancellation);
        });

    private async Task<IResult> ChangeAsync(
        AuditCall call, OpsChange audited, Func<OpsChange, CancellationToken, Task<IResult>> change, CancellationToken cancellation)
    {
        var started = await trail.StartAsync(call, audited.Application, audited.Subject, cancellation);
        var isDone = false;
        try
        {
            var result = await change(audited, cancellation);
            isDone = result is not IStatusCodeHttpResult { StatusCode: >= StatusCodes.Status400BadRequest };
            return result;
        }
        finally
        {
            await EndAsync(started, isDone, audited);
        }
    }

    private async Task EndAsync(AuditEntry started, bool isDone, OpsChange audited)
    {
        try
        {
            await trail.EndAsync(started, isDone, audited.Application, audited.Subject, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // The caller gets the answer of the change all the same. Its audit entry stays "started".
            LogOutcomeLost(started.Operation, started.RequestId, e);
        }
    }

    private async ValueTask<(AuditCall Call, AppId Application)> AdmitAsync(
        HttpRequest request, Role role, string application, string operation, CancellationToken cancellation)
    {
        var call = await IdentifyAsync(request, role, operation, cancellation);
        var id = AppId.TryParse(application);
        // Checked first, so that a caller without the role learns nothing about the application.
        await AdmitAsync(call, call.Caller.MayForSome(role), id, cancellation);
        if (id is not { } known) throw new ProblemException(Problem.UnknownApplication());
        await AdmitAsync(call, call.Caller.May(role, known), known, cancellation);
        return (call, known);
    }

    private async ValueTask<AuditCall> IdentifyAsync(HttpRequest request, Role role, string operation, CancellationToken cancellation)
    {
        var caller = await authentication.AuthenticateAsync(request, cancellation);
        return new AuditCall(caller, role, operation, request.HttpContext.TraceIdentifier, IdempotentAnswers.KeyOf(request));
    }

    private async ValueTask AdmitAsync(
        AuditCall call, AccessDecision decision, AppId? application, CancellationToken cancellation)
    {
        if (decision == AccessDecision.Allowed) return;
        await trail.RefuseAsync(call, application, null, cancellation);
        throw new ProblemException(decision switch
        {
            AccessDecision.OtherApplication => Problem.UnknownApplication(),
            AccessDecision.Forbidden => Problem.Forbidden(
                $"{call.Caller} needs the role {RoleNames.NameOf(call.Role)}{(call.Caller.IsConfined ? " for this, or for every application" : "")}."),
            _ => throw new InvalidOperationException("An authenticated caller was refused as unauthenticated."),
        });
    }

    private static AuditSubject? SubjectOf(Func<AuditSubject>? subject)
    {
        try
        {
            return subject?.Invoke();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [LoggerMessage(360, LogLevel.Error, "The audit entry of {Operation}, request {RequestId}, stays 'started': its outcome could not be written.")]
    private partial void LogOutcomeLost(string operation, string requestId, Exception e);
}
