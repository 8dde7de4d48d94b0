namespace Gatehouse.Custody;

/// <summary>
/// The names of failures, as callers see them: the types of the facade's problems, and the reasons why an application was
/// not archived. A name never changes.
/// </summary>
public static class ProblemNames
{
    /// <summary>The request is not valid.</summary>
    public const string InvalidRequest = "invalid-request";

    /// <summary>A usage event is not valid.</summary>
    public const string InvalidEvents = "invalid-events";

    /// <summary>An uploaded certificate cannot be used.</summary>
    public const string InvalidCertificate = "invalid-certificate";

    /// <summary>An uploaded service account key cannot be used.</summary>
    public const string InvalidServiceAccount = "invalid-service-account";

    /// <summary>The body is over its limit.</summary>
    public const string BodyTooLarge = "body-too-large";

    /// <summary>The body is encoded, for example compressed.</summary>
    public const string UnsupportedEncoding = "unsupported-encoding";

    /// <summary>The caller has sent no valid credential.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>There were too many wrong credentials.</summary>
    public const string TooManyAttempts = "too-many-attempts";

    /// <summary>The caller does not have the role.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>No function serves the URL with this method.</summary>
    public const string UnknownUrl = "unknown-url";

    /// <summary>The first request with the idempotency key is still being answered.</summary>
    public const string IdempotencyKeyInUse = "idempotency-key-in-use";

    /// <summary>The idempotency key was sent with another request.</summary>
    public const string IdempotencyKeyReused = "idempotency-key-reused";

    /// <summary>The vault holds no credentials of the organization.</summary>
    public const string OrganizationCredentialsMissing = "organization-credentials-missing";

    /// <summary>The platform refuses the organization's credentials.</summary>
    public const string OrganizationCredentialsRefused = "organization-credentials-refused";

    /// <summary>The application is not in custody.</summary>
    public const string UnknownApplication = "unknown-application";

    /// <summary>The application has no such resource.</summary>
    public const string NotFound = "not-found";

    /// <summary>The application has no such token.</summary>
    public const string UnknownToken = "unknown-token";

    /// <summary>Another token has the label.</summary>
    public const string LabelTaken = "label-taken";

    /// <summary>The token cannot be rotated.</summary>
    public const string NotRotatable = "not-rotatable";

    /// <summary>The confirmation of a deletion is not the application's name.</summary>
    public const string NotConfirmed = "not-confirmed";

    /// <summary>The application is being deleted.</summary>
    public const string BeingDeleted = "being-deleted";

    /// <summary>Another call is changing the application's tokens.</summary>
    public const string Busy = "busy";

    /// <summary>The vault holds no master token of the application.</summary>
    public const string MasterTokenMissing = "master-token-missing";

    /// <summary>The secret in the vault is not a master token.</summary>
    public const string MasterTokenMalformed = "master-token-malformed";

    /// <summary>An earlier call may have created the application.</summary>
    public const string CreationUnclear = "creation-unclear";

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

    /// <summary>The vault refuses, and an operator has to correct something.</summary>
    public const string VaultRefused = "vault-refused";

    /// <summary>The store cannot answer.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>The store refuses, and an operator has to correct something.</summary>
    public const string StoreRefused = "store-refused";

    /// <summary>There was no answer in time.</summary>
    public const string TimedOut = "timed-out";

    /// <summary>A fault of Gatehouse.</summary>
    public const string InternalError = "internal-error";

    /// <summary>The name of a refusal by custody.</summary>
    public static string Of(CustodyFault fault) => fault switch
    {
        CustodyFault.Invalid => InvalidRequest,
        CustodyFault.ApplicationNotFound => UnknownApplication,
        CustodyFault.TokenNotFound => UnknownToken,
        CustodyFault.PushCredentialNotFound => NotFound,
        CustodyFault.LabelTaken => LabelTaken,
        CustodyFault.NoFreeSlot => NoFreeSlot,
        CustodyFault.NotRotatable => NotRotatable,
        CustodyFault.NotOwner => Forbidden,
        CustodyFault.WrongName => NotConfirmed,
        CustodyFault.Deleting => BeingDeleted,
        CustodyFault.Busy => Busy,
        CustodyFault.TimedOut => TimedOut,
        CustodyFault.MasterTokenMissing => MasterTokenMissing,
        CustodyFault.MasterTokenMalformed => MasterTokenMalformed,
        CustodyFault.CreationUnclear => CreationUnclear,
        CustodyFault.MasterTokenRefused => MasterTokenRefused,
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
