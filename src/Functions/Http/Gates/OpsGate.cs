using System.Runtime.CompilerServices;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Which internal service may pass to an operation of the facade: every function under <c>/ops/v1</c> is one call of a
/// method of this class. Default deny.
/// </summary>
/// <remarks>
/// <para>A known caller that is refused is told in the audit trail, whatever it was refused. What changes something passes
/// through <see cref="ChangeAsync(HttpRequest, Role, string, Func{OpsCall, AppId, CancellationToken, Task{IResult}}, string)"/>,
/// <see cref="ChangeEverywhereAsync"/> or <see cref="CommitAsync"/>, which write the rest of the trail.</para>
/// <para>A POST that carries an <c>Idempotency-Key</c> is done once (<see cref="IdempotentAnswers"/>); the operation is then
/// handed a cancellation of its own, which does not end it when the caller goes away.</para>
/// <para>The operation's name in the audit trail is the function's, which is the calling method's.</para>
/// </remarks>
public sealed partial class OpsGate(
    OpsAuthentication authentication, AuditTrail trail, IdempotentAnswers idempotent, ProblemAnswers answers, ILogger<OpsGate> log)
{
    /// <summary>Lets pass who has the role for every application: to see what is not about one.</summary>
    public Task<IResult> EverywhereAsync(
        HttpRequest request, Role role, Func<Caller, CancellationToken, Task<IResult>> admitted,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForAll(role), null, cancellation);
            return await admitted(call.Caller, cancellation);
        });

    /// <summary>Lets pass who has the role: for what shows, of all applications, the caller's own.</summary>
    public Task<IResult> AmongItsOwnAsync(
        HttpRequest request, Role role, Func<Caller, CancellationToken, Task<IResult>> admitted,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForSome(role), null, cancellation);
            return await admitted(call.Caller, cancellation);
        });

    /// <summary>Lets pass who has the role for an application: to see something of it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="role">What the caller must be allowed.</param>
    /// <param name="application">The application's id as the caller wrote it. Whether there is one is not asked.</param>
    /// <param name="admitted">What to do then.</param>
    /// <param name="operation">The operation's name.</param>
    public Task<IResult> ApplicationAsync(
        HttpRequest request, Role role, string application, Func<Caller, AppId, CancellationToken, Task<IResult>> admitted,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            return await admitted(call.Caller, id, cancellation);
        });

    /// <summary>
    /// Lets pass who has the role for every application: to change what is not about one, at the platform or in the vault. The
    /// audit trail has <c>started</c> before and <c>done</c> or <c>failed</c> after.
    /// </summary>
    public Task<IResult> ChangeEverywhereAsync(
        HttpRequest request, Role role, Func<OpsCall, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForAll(role), null, cancellation);
            return await idempotent.AnswerAsync(
                request, call, running => ChangeAsync(call, new OpsCall(trail, call, null, null), change, running), cancellation);
        });

    /// <summary>
    /// Lets pass who has the role for an application: to change something of it at the platform or in the vault. The audit
    /// trail has <c>started</c> before and <c>done</c> or <c>failed</c> after.
    /// </summary>
    public Task<IResult> ChangeAsync(
        HttpRequest request, Role role, string application, Func<OpsCall, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        ChangeAsync(request, role, application, about: null, change, operation);

    /// <summary>The same, about a part of the application that the request names.</summary>
    /// <param name="request">The request.</param>
    /// <param name="role">What the caller must be allowed.</param>
    /// <param name="application">The application's id as the caller wrote it.</param>
    /// <param name="about">Makes the part that it is about of what the caller wrote; where that names none, and this throws
    /// <see cref="ArgumentException"/>, the change is to refuse it.</param>
    /// <param name="change">What to do then.</param>
    /// <param name="operation">The operation's name.</param>
    public Task<IResult> ChangeAsync(
        HttpRequest request, Role role, string application, Func<AuditSubject>? about,
        Func<OpsCall, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            var ops = new OpsCall(trail, call, id, Named(about));
            return await idempotent.AnswerAsync(
                request, call, running => ChangeAsync(call, ops, (_, stop) => change(ops, id, stop), running), cancellation);
        });

    /// <summary>
    /// Lets pass who has the role for an application: to change rows of ours in one commit, which the audit row
    /// (<see cref="OpsCall.Row"/>) is part of.
    /// </summary>
    public Task<IResult> CommitAsync(
        HttpRequest request, Role role, string application, Func<OpsCall, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            return await idempotent.AnswerAsync(request, call, async running =>
            {
                var ops = new OpsCall(trail, call, id, null);
                var result = await change(ops, id, running);
                return ops.IsRecorded ? result : throw new InvalidOperationException($"{operation} has left no audit row.");
            }, cancellation);
        });

    /// <summary>
    /// Lets pass who has the role for an application: for a POST that leaves no audit row where it is let pass, because it
    /// changes nothing, or because what it is told is itself what is kept, a thousand times a second (usage).
    /// </summary>
    public Task<IResult> ReportAsync(
        HttpRequest request, Role role, string application, Func<Caller, AppId, CancellationToken, Task<IResult>> admitted,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            return await idempotent.AnswerAsync(request, call, running => admitted(call.Caller, id, running), cancellation);
        });

    /// <summary>
    /// As <see cref="ChangeAsync(HttpRequest, Role, string, Func{OpsCall, AppId, CancellationToken, Task{IResult}}, string)"/>;
    /// but where the request only asks what a change would be (<paramref name="onlyInspects"/>), it leaves no audit row.
    /// </summary>
    public Task<IResult> ChangeOrInspectAsync(
        HttpRequest request, Role role, string application, Func<bool> onlyInspects,
        Func<OpsCall, AppId, CancellationToken, Task<IResult>> change,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            var ops = new OpsCall(trail, call, id, null);
            return await idempotent.AnswerAsync(
                request, call,
                running => onlyInspects() ? change(ops, id, running) : ChangeAsync(call, ops, (_, stop) => change(ops, id, stop), running),
                cancellation);
        });

    private async Task<IResult> ChangeAsync(
        AuditCall call, OpsCall ops, Func<OpsCall, CancellationToken, Task<IResult>> change, CancellationToken cancellation)
    {
        var started = await trail.StartAsync(call, ops.Application, ops.Subject, cancellation);
        var isDone = false;
        try
        {
            var result = await change(ops, cancellation);
            isDone = result is not IStatusCodeHttpResult { StatusCode: >= StatusCodes.Status400BadRequest };
            return result;
        }
        finally
        {
            await EndAsync(started, isDone, ops);
        }
    }

    private async Task EndAsync(AuditEntry started, bool isDone, OpsCall ops)
    {
        try
        {
            await trail.EndAsync(started, isDone, ops.Application, ops.Subject, CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // What has been done has been done, and is answered so; the trail says that it was started.
            LogNotEnded(started.Operation, started.RequestId, e);
        }
    }

    private async ValueTask<(AuditCall Call, AppId Application)> AdmitAsync(
        HttpRequest request, Role role, string application, string operation, CancellationToken cancellation)
    {
        var call = await IdentifyAsync(request, role, operation, cancellation);
        var id = AppId.TryParse(application);
        // Whoever has not the role is told so whatever the id, and nothing of the application.
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
            _ => throw new InvalidOperationException("A caller who is known was refused as unknown."),
        });
    }

    private static AuditSubject? Named(Func<AuditSubject>? about)
    {
        try
        {
            return about?.Invoke();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [LoggerMessage(360, LogLevel.Error, "The audit trail does not say how {Operation} ended, of request {RequestId}.")]
    private partial void LogNotEnded(string operation, string requestId, Exception e);
}
