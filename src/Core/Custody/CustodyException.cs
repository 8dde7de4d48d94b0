namespace Gatehouse.Custody;

/// <summary>Why custody refuses a call.</summary>
public enum CustodyFault
{
    /// <summary>A value is not valid. The message names it and says what it may be.</summary>
    Invalid,

    /// <summary>The application is not in custody.</summary>
    ApplicationNotFound,

    /// <summary>The application has no such token.</summary>
    TokenNotFound,

    /// <summary>The application has no such push credential.</summary>
    PushCredentialNotFound,

    /// <summary>The label belongs to a token that is active, or is just being revoked.</summary>
    LabelTaken,

    /// <summary>No slot is free, or only the one of the ten that is kept for rotation.</summary>
    NoFreeSlot,

    /// <summary>The token was replaced by a rotation, or is being revoked, so it cannot be rotated.</summary>
    NotRotatable,

    /// <summary>The token's lease is another caller's.</summary>
    NotOwner,

    /// <summary>The confirmation is not the application's name.</summary>
    WrongName,

    /// <summary>The application is being deleted.</summary>
    Deleting,

    /// <summary>Another call is changing the application's tokens: see <see cref="CustodyException.RetryAfter"/>.</summary>
    Busy,

    /// <summary>The platform or the vault has not answered in time. The timer finishes or undoes what was begun.</summary>
    TimedOut,

    /// <summary>The vault holds no master token of the application.</summary>
    MasterTokenMissing,

    /// <summary>The secret in the vault is not an API token. The platform was not asked.</summary>
    MasterTokenMalformed,

    /// <summary>
    /// An earlier call may have created the application, and it cannot be told which one it is. An operator has to look.
    /// </summary>
    CreationUnclear,

    /// <summary>The platform does not accept the token in the vault as this application's master token.</summary>
    MasterTokenRefused,
}

/// <summary>Custody refuses a call. The message is for the caller and holds no secret.</summary>
public sealed class CustodyException(CustodyFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The reason.</summary>
    public CustodyFault Fault { get; } = fault;

    /// <summary>How long to wait before another try; null where another try would be refused too.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    internal static CustodyException Invalid(string message) => new(CustodyFault.Invalid, message);

    internal static CustodyException ApplicationNotFound() =>
        new(CustodyFault.ApplicationNotFound, "There is no such application in custody.");

    internal static CustodyException TokenNotFound() => new(CustodyFault.TokenNotFound, "The application has no such token.");

    internal static CustodyException PushCredentialNotFound() =>
        new(CustodyFault.PushCredentialNotFound, "The application has no such push credential.");

    internal static CustodyException NoFreeSlot(string message) => new(CustodyFault.NoFreeSlot, message);

    internal static CustodyException NotRotatable(string message) => new(CustodyFault.NotRotatable, message);

    internal static CustodyException MasterTokenRefused(string message, Exception? inner = null) =>
        new(CustodyFault.MasterTokenRefused, message, inner);

    internal static CustodyException CreationUnclear(string message) => new(CustodyFault.CreationUnclear, message);

    internal static CustodyException NotOwner() =>
        new(CustodyFault.NotOwner, "The token was issued to another caller: the role Tokens.Manage is needed.");

    internal static CustodyException Deleting() => new(CustodyFault.Deleting, "The application is being deleted.");

    internal static CustodyException Busy(TimeSpan retryAfter) =>
        new(CustodyFault.Busy, "The application's tokens are being changed by another call.") { RetryAfter = retryAfter };

    internal static CustodyException TimedOut(TimeSpan retryAfter, Exception inner) =>
        new(CustodyFault.TimedOut, "The platform or the vault has not answered in time.", inner) { RetryAfter = retryAfter };
}
