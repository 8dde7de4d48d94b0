using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Access.Idempotency;
using Gatehouse.Custody.Applications;
using Gatehouse.Custody.Tokens;
using Gatehouse.Storage;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>A change that a gate has allowed. It carries what the change's audit entry says.</summary>
public sealed class OpsChange
{
    private readonly AuditTrail trail;
    private readonly AuditCall call;

    internal OpsChange(AuditTrail trail, AuditCall call, AppId? application, AuditSubject? subject)
    {
        this.trail = trail;
        this.call = call;
        Target = new AuditTarget(application, subject);
    }

    /// <summary>The caller.</summary>
    public Caller Caller => call.Caller;

    /// <summary>The call, for a change that creates an application.</summary>
    public CreationCall CreationCall => Try is { } attempt ? new(attempt.CallId, attempt.TriedSince) : CreationCall.Once();

    internal IdempotentTry? Try { get; init; }

    internal AuditTarget Target { get; private set; }

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
    /// The audit entry as a row, for a change that is one commit of our own (<see cref="OpsGate.CommitAsync"/>). Add it to that
    /// commit, in a partition of an <see cref="AuditSource"/>.
    /// </summary>
    public RowChange EntryRow()
    {
        HasEntryRow = true;
        return AuditTrail.Row(trail.Done(call, Target));
    }
}
