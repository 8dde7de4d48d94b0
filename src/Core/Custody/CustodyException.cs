namespace Gatehouse.Custody;

/// <summary>Why custody refuses.</summary>
public enum CustodyFault
{
    /// <summary>A value is not valid; the message names it and what it may be.</summary>
    Invalid,

    /// <summary>The application is not in custody.</summary>
    ApplicationNotFound,

    /// <summary>The application has no such token.</summary>
    TokenNotFound,

    /// <summary>The label names a token that is live, or is just being revoked.</summary>
    LabelTaken,

    /// <summary>The last free slot of the platform's ten is kept for rotation, or there is none at all.</summary>
    NoFreeSlot,

    /// <summary>The token was replaced by a rotation, or is being revoked: there is nothing to rotate.</summary>
    NotRotatable,

    /// <summary>What was given to confirm is not the application's name.</summary>
    WrongName,

    /// <summary>The application is being deleted.</summary>
    Deleting,

    /// <summary>Somebody else is changing the application's tokens: see <see cref="CustodyException.RetryAfter"/>.</summary>
    Busy,

    /// <summary>Platform or vault have not answered in time. What was begun is finished or undone by the timer.</summary>
    TimedOut,

    /// <summary>The vault holds no master token of the application.</summary>
    MasterTokenMissing,

    /// <summary>The platform does not take the token in the vault for this application's master token.</summary>
    MasterTokenRefused,
}

/// <summary>Custody refuses: why, and a message for whoever called, without a secret.</summary>
public sealed class CustodyException(CustodyFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public CustodyFault Fault { get; } = fault;

    /// <summary>How long to wait before another try; null where another try would be refused as well.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    internal static CustodyException Invalid(string message) => new(CustodyFault.Invalid, message);

    internal static CustodyException ApplicationNotFound() =>
        new(CustodyFault.ApplicationNotFound, "There is no such application in custody.");

    internal static CustodyException TokenNotFound() => new(CustodyFault.TokenNotFound, "The application has no such token.");

    internal static CustodyException NoFreeSlot(string message) => new(CustodyFault.NoFreeSlot, message);

    internal static CustodyException NotRotatable(string message) => new(CustodyFault.NotRotatable, message);

    internal static CustodyException MasterTokenRefused(string message, Exception? inner = null) =>
        new(CustodyFault.MasterTokenRefused, message, inner);

    internal static CustodyException Deleting() => new(CustodyFault.Deleting, "The application is being deleted.");

    internal static CustodyException Busy(TimeSpan retryAfter) =>
        new(CustodyFault.Busy, "The application's tokens are being changed by somebody else.") { RetryAfter = retryAfter };

    internal static CustodyException TimedOut(TimeSpan retryAfter, Exception inner) =>
        new(CustodyFault.TimedOut, "The platform or the vault has not answered in time.", inner) { RetryAfter = retryAfter };
}
