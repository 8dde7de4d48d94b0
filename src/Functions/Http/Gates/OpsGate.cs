using System.Runtime.CompilerServices;
using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Functions.Http.Problems;
using Gatehouse.Functions.Http.Requests;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>
/// Checks the caller's role before an operation of the facade. Every function under <c>/ops/v1</c> is one call of a method of
/// this class. A caller without the role is refused.
/// </summary>
/// <remarks>
/// <para>Every refusal of a known caller is written to the audit trail. Operations that change something go through
/// <see cref="ChangeAsync(HttpRequest, Role, string, Prepare, string)"/>, <see cref="ChangeGlobalAsync"/> or
/// <see cref="CommitAsync"/>, which write the other entries.</para>
/// <para>A change with <c>?dry_run=true</c> is told, not run (<see cref="PreparedChange"/>), without an audit entry.</para>
/// <para>A POST with an <c>Idempotency-Key</c> runs once (<see cref="IdempotentAnswers"/>). Its operation continues when the
/// caller disconnects.</para>
/// <para>The operation's name in the audit trail is the name of the function, which is the calling method.</para>
/// </remarks>
public sealed class OpsGate(
    OpsAuthentication authentication, AuditTrail trail, AuditedChanges audited, IdempotentAnswers idempotent, ProblemAnswers answers)
{
    /// <summary>Reads the request of a change of an application.</summary>
    /// <param name="change">The change, for its audit entry.</param>
    /// <param name="application">The application. It may not exist.</param>
    /// <param name="cancellation">Cancels the change.</param>
    public delegate Task<PreparedChange> Prepare(OpsChange change, AppId application, CancellationToken cancellation);

    /// <summary>Requires a known caller, and no role. Used for reads about the caller itself.</summary>
    public Task<IResult> ReadSelfAsync(HttpRequest request, Func<Caller, IResult> read, [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var caller = await authentication.AuthenticateAsync(request, cancellation);
            KnownNames.RequireParameters(request, operation, isChange: false);
            return read(caller);
        });

    /// <summary>Requires the role for all applications. Used for reads that are not about one application.</summary>
    public Task<IResult> ReadGlobalAsync(
        HttpRequest request, Role role, Func<Caller, CancellationToken, Task<IResult>> read,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForAll(role), null, cancellation);
            KnownNames.RequireParameters(request, operation, isChange: false);
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
            KnownNames.RequireParameters(request, operation, isChange: false);
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
            KnownNames.RequireParameters(request, operation, isChange: false);
            return await read(call.Caller, id, cancellation);
        });

    /// <summary>
    /// Requires the role for all applications. Used for changes at the platform or in the vault that are not about one existing
    /// application. The audit entry is <c>started</c> before the change and <c>done</c> or <c>failed</c> after it.
    /// </summary>
    public Task<IResult> ChangeGlobalAsync(
        HttpRequest request, Role role, Func<OpsChange, CancellationToken, Task<PreparedChange>> prepare,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var call = await IdentifyAsync(request, role, operation, cancellation);
            await AdmitAsync(call, call.Caller.MayForAll(role), null, cancellation);
            if (IsDryRun(request, operation)) return await PreviewAsync(prepare(new OpsChange(trail, call, null, null), cancellation));
            return await idempotent.AnswerAsync(request, call, null, (attempt, running) =>
            {
                var change = new OpsChange(trail, call, null, null, attempt);
                return audited.RunAsync(change, () => prepare(change, running), running);
            }, cancellation);
        });

    /// <summary>
    /// Requires the role for an application. Used for changes of this application at the platform or in the vault. The audit
    /// entry is <c>started</c> before the change and <c>done</c> or <c>failed</c> after it.
    /// </summary>
    public Task<IResult> ChangeAsync(
        HttpRequest request, Role role, string application, Prepare prepare, [CallerMemberName] string operation = "") =>
        ChangeAsync(request, role, application, subject: null, prepare, operation);

    /// <summary>The same, with a subject in the audit entry: the part of the application that changes, such as a token.</summary>
    /// <param name="request">The request.</param>
    /// <param name="role">The role.</param>
    /// <param name="application">The application's id as the caller wrote it.</param>
    /// <param name="subject">Reads the subject from the request. If it throws <see cref="ArgumentException"/>, the entry has no
    /// subject, and the change must refuse the request.</param>
    /// <param name="prepare">Reads the request.</param>
    /// <param name="operation">The operation's name.</param>
    public Task<IResult> ChangeAsync(
        HttpRequest request, Role role, string application, Func<AuditSubject>? subject, Prepare prepare,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            if (IsDryRun(request, operation))
                return await PreviewAsync(prepare(new OpsChange(trail, call, id, SubjectOf(subject)), id, cancellation));
            return await idempotent.AnswerAsync(request, call, id, (attempt, running) =>
            {
                var change = new OpsChange(trail, call, id, SubjectOf(subject), attempt);
                return audited.RunAsync(change, () => prepare(change, id, running), running);
            }, cancellation);
        });

    /// <summary>
    /// Requires the role for an application. Used for changes of our own rows in one commit, which also contains the audit entry
    /// (<see cref="OpsChange.EntryRow"/>).
    /// </summary>
    public Task<IResult> CommitAsync(
        HttpRequest request, Role role, string application, Prepare prepare, [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            if (IsDryRun(request, operation)) return await PreviewAsync(prepare(new OpsChange(trail, call, id, null), id, cancellation));
            return await idempotent.AnswerAsync(request, call, id, async (_, running) =>
            {
                var change = new OpsChange(trail, call, id, null);
                var result = await RunAsync(prepare(change, id, running));
                return change.HasEntryRow ? result : throw new InvalidOperationException($"{operation} has written no audit entry.");
            }, cancellation);
        });

    /// <summary>
    /// Requires the role for an application. Used for reports of usage: up to a thousand a second, so an accepted one leaves no
    /// audit entry. The counts are its record.
    /// </summary>
    public Task<IResult> ReportAsync(
        HttpRequest request, Role role, string application, Func<AppId, CancellationToken, Task<PreparedChange>> prepare,
        [CallerMemberName] string operation = "") =>
        answers.AnswerAsync(request, operation, async cancellation =>
        {
            var (call, id) = await AdmitAsync(request, role, application, operation, cancellation);
            if (IsDryRun(request, operation)) return await PreviewAsync(prepare(id, cancellation));
            return await idempotent.AnswerAsync(request, call, id, (_, running) => RunAsync(prepare(id, running)), cancellation);
        });

    // A dry run is not a try of its Idempotency-Key: the same request without dry_run can have the same key.
    private static bool IsDryRun(HttpRequest request, string operation)
    {
        KnownNames.RequireParameters(request, operation, isChange: true);
        if (!RequestQuery.Boolean(request, KnownNames.DryRun)) return false;
        IdempotentAnswers.RequireKey(request);
        return true;
    }

    private static async Task<IResult> RunAsync(Task<PreparedChange> preparing) => await (await preparing).Run();

    private static async Task<IResult> PreviewAsync(Task<PreparedChange> preparing) => await (await preparing).Preview();

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
        await trail.RefuseAsync(call, application, cancellation);
        throw new ProblemException(decision switch
        {
            AccessDecision.OtherApplication => Problem.UnknownApplication(),
            AccessDecision.Forbidden => Problem.Forbidden(
                RoleNames.TryParse(call.Role, out var role) && call.Caller.MayForSome(role) == AccessDecision.Allowed
                    ? $"{call.Caller} has the role {call.Role} for certain applications only. This needs it for all."
                    : $"{call.Caller} needs the role {call.Role}."),
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
}
