using Gatehouse.Access.Audit;
using Gatehouse.Access.Callers;
using Gatehouse.Storage;

namespace Gatehouse.Functions.Http.Gates;

/// <summary>A call that was let pass by <see cref="OpsGate"/> and changes something: what the audit trail is to say of it.</summary>
public sealed class OpsCall
{
    private readonly AuditTrail trail;
    private readonly AuditCall call;

    internal OpsCall(AuditTrail trail, AuditCall call, AppId? application, AuditSubject? subject)
    {
        this.trail = trail;
        this.call = call;
        Application = application;
        Subject = subject;
    }

    /// <summary>Who calls.</summary>
    public Caller Caller => call.Caller;

    internal AppId? Application { get; private set; }

    internal AuditSubject? Subject { get; private set; }

    internal bool IsRecorded { get; private set; }

    /// <summary>Says which application the call has made.</summary>
    public void Made(AppId application) => Application = application;

    /// <summary>Says what of the application the call was about.</summary>
    public void About(AuditSubject subject) => Subject = subject;

    /// <summary>
    /// The audit row of a change that is one commit of ours (<see cref="OpsGate.CommitAsync"/>): to be made in that commit, which
    /// is in a partition of an <see cref="AuditSource"/>.
    /// </summary>
    public RowChange Row()
    {
        IsRecorded = true;
        return AuditTrail.Row(trail.Done(call, Application, Subject));
    }
}
