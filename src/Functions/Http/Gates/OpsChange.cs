using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Functions.Http.Replies;
using Gatehouse.Storage;
using Microsoft.AspNetCore.Http;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>A change that a gate has allowed. It carries what the change's audit entry says.</summary>
public sealed class OpsChange
{
    private readonly AuditTrail trail;

    internal OpsChange(AuditTrail trail, AuditCall call, AppId? application, AuditSubject? subject, IdempotentTry? attempt = null)
    {
        this.trail = trail;
        Call = call;
        Try = attempt;
        Record = new CallRecord(trail, call, new AuditTarget(application, subject), attempt);
    }

    /// <summary>The caller.</summary>
    public Caller Caller => Call.Caller;

    /// <summary>The call, for a change that creates an application.</summary>
    public CreationCall CreationCall => Try is { } attempt ? new(attempt.CallId, attempt.TriedSince) : CreationCall.Once();

    /// <summary>The rows of the call, for a change that writes them in its own commits.</summary>
    internal CallRecord Record { get; }

    internal AuditCall Call { get; }

    private IdempotentTry? Try { get; }

    private AuditTarget Target
    {
        get => Record.Target;
        set => Record.Target = value;
    }

    internal bool HasEntryRow { get; private set; }

    /// <summary>Sets the application in the audit entry: the one that the change has created.</summary>
    public void SetApplication(AppId application) => Target = Target with { Application = application };

    /// <summary>Sets the part of the application in the audit entry, such as the token that the change has issued.</summary>
    public void SetSubject(AuditSubject subject) => Target = Target with { Subject = subject };

    /// <summary>Sets the label of the token in the audit entry. A text that cannot be a label is not recorded.</summary>
    public void SetLabel(string? label)
    {
        if (label is not null && LeaseRequest.IsLabel(label)) Target = Target with { Label = label };
    }

    /// <summary>
    /// Runs a change that ends the call in its own last commit, together with the reply: the reply is made just before it.
    /// </summary>
    internal async Task<IResult> CommitAsync<T>(Func<CallEnd<T>, Task<T>> run, Func<T, IResult> reply)
    {
        IResult? made = null;
        var result = await run(new CallEnd<T>(Record, result => Record.Answer = ((made = reply(result)) as Reply)?.ToStored()));
        return made ?? reply(result);
    }

    /// <summary>
    /// The audit entry as a row, for a change that is one commit of our own (<see cref="OpsGate.CommitAsync"/>). Add it to that
    /// commit, in a partition of an <see cref="AuditSource"/>.
    /// </summary>
    public RowChange EntryRow()
    {
        HasEntryRow = true;
        return AuditTrail.Row(trail.Done(Call, Target));
    }
}
