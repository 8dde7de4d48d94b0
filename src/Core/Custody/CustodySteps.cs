using System.Diagnostics;

namespace Gatehouse.Custody;

/// <summary>
/// Signals, synchronously, each step after which a killed process would leave unfinished work. Without a listener it costs
/// one comparison.
/// </summary>
/// <remarks>
/// A <see cref="DiagnosticListener"/>, so that a test can end the process or the call at any step from outside, and the
/// product needs no switch for that.
/// </remarks>
internal static class CustodySteps
{
    public const string Name = "Gatehouse.Custody";

    public const string CreateAtPlatform = "create: before the platform";
    public const string CreateInVault = "create: before the vault";
    public const string CreateRecord = "create: before the record";
    public const string CreateAnswer = "create: before the answer";

    public const string IssueLock = "issue: before the lock";
    public const string IssueAtPlatform = "issue: before the platform";
    public const string IssueRecord = "issue: before the record";
    public const string IssueDelivery = "issue: before the vault";
    public const string IssueRelease = "issue: before the release";
    public const string IssueAnswer = "issue: before the answer";

    public const string RevokeMark = "revoke: before the mark";
    public const string ReconcileLock = "reconcile: before the lock";
    public const string ReconcileOrphan = "reconcile: before an orphan is revoked";
    public const string ReconcileOrphanRecord = "reconcile: before orphans are done with";
    public const string ReconcileRevocation = "reconcile: before a token is revoked";
    public const string ReconcileVault = "reconcile: before the vault";
    public const string ReconcileRecord = "reconcile: before the record";
    public const string ReconcileRelease = "reconcile: before the release";

    public const string DeleteMark = "delete: before the mark";
    public const string DeleteAtPlatform = "delete: before the platform";
    public const string DeleteInVault = "delete: before the vault";
    public const string DeleteRecord = "delete: before the record";
    public const string DeleteAnswer = "delete: before the answer";

    private static readonly DiagnosticListener Listener = new(Name);

    public static void Reached(string step)
    {
        if (Listener.IsEnabled()) Listener.Write(step, null);
    }
}
