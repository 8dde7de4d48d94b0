namespace Gatehouse.Custody;

/// <summary>
/// The names of failures, as callers see them: the types of the facade's problems, and the reasons why an application was
/// not archived. A name never changes.
/// </summary>
public static class ProblemNames
{
    /// <summary>The application is not in custody.</summary>
    public const string UnknownApplication = "unknown-application";

    /// <summary>The platform refuses the master token in the vault.</summary>
    public const string MasterTokenRefused = "master-token-refused";

    /// <summary>The application has no free token slot.</summary>
    public const string NoFreeSlot = "no-free-slot";

    /// <summary>The platform takes no more requests at the moment.</summary>
    public const string PlatformBusy = "platform-busy";

    /// <summary>The platform cannot answer.</summary>
    public const string PlatformUnavailable = "platform-unavailable";

    /// <summary>The platform refuses the request.</summary>
    public const string PlatformRefused = "platform-refused";

    /// <summary>The vault cannot answer.</summary>
    public const string VaultUnavailable = "vault-unavailable";

    /// <summary>The store cannot answer.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>There was no answer in time.</summary>
    public const string TimedOut = "timed-out";

    /// <summary>A fault of Gatehouse.</summary>
    public const string InternalError = "internal-error";

    /// <summary>The name of a refusal by custody.</summary>
    public static string Of(CustodyFault fault) => fault switch
    {
        CustodyFault.Invalid => "invalid-request",
        CustodyFault.ApplicationNotFound => UnknownApplication,
        CustodyFault.TokenNotFound => "unknown-token",
        CustodyFault.LabelTaken => "label-taken",
        CustodyFault.NoFreeSlot => NoFreeSlot,
        CustodyFault.NotRotatable => "not-rotatable",
        CustodyFault.WrongName => "not-confirmed",
        CustodyFault.Deleting => "being-deleted",
        CustodyFault.Busy => "busy",
        CustodyFault.TimedOut => TimedOut,
        CustodyFault.MasterTokenMissing => "master-token-missing",
        CustodyFault.MasterTokenRefused => MasterTokenRefused,
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
