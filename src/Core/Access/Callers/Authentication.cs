using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Access.Callers;

/// <summary>The result of checking a credential.</summary>
public enum AuthenticationStatus
{
    /// <summary>It is missing or not valid. 401.</summary>
    Refused,

    /// <summary>It cannot be checked at the moment. 503.</summary>
    Unavailable,

    /// <summary>It is valid: the caller is known.</summary>
    Known,
}

/// <summary>What identifies a caller.</summary>
public enum CredentialKind
{
    /// <summary>A key, in <c>X-Gatehouse-Key</c>.</summary>
    Key,

    /// <summary>An access token of Entra ID, in <c>Authorization: Bearer</c>.</summary>
    Bearer,
}

/// <summary>Why a credential is not valid, for the log. It holds nothing of the credential.</summary>
public enum CredentialFault
{
    /// <summary>It is valid.</summary>
    None,

    /// <summary>It is missing.</summary>
    Missing,

    /// <summary>There are two, so it is not clear which one counts.</summary>
    Ambiguous,

    /// <summary>The key is unknown.</summary>
    UnknownKey,

    /// <summary>The key has expired.</summary>
    ExpiredKey,

    /// <summary>Bearer tokens are not accepted: Entra ID is not configured.</summary>
    NoBearer,

    /// <summary>The token is too long.</summary>
    TooLong,

    /// <summary>The token is not a JWT.</summary>
    Malformed,

    /// <summary>The token is not signed with RS256.</summary>
    Algorithm,

    /// <summary>The token has a critical extension (<c>crit</c>).</summary>
    Extension,

    /// <summary>The token is signed by a key that is not published, or not by the key it names.</summary>
    Signature,

    /// <summary>The token is from another issuer or tenant.</summary>
    Issuer,

    /// <summary>The token is for another audience.</summary>
    Audience,

    /// <summary>The token has expired, or has no expiry.</summary>
    Expired,

    /// <summary>The token is not valid yet.</summary>
    NotYetValid,

    /// <summary>The token does not say who it was issued to: it is not an access token.</summary>
    Claims,

    /// <summary>The signing keys are not available at the moment.</summary>
    KeysUnavailable,
}

/// <summary>The result of checking a credential, and the caller. The default value refuses.</summary>
public readonly record struct Authentication
{
    private Authentication(AuthenticationStatus status, CredentialFault fault, Caller? caller)
    {
        Status = status;
        Fault = fault;
        Caller = caller;
    }

    /// <summary>The result.</summary>
    public AuthenticationStatus Status { get; }

    /// <summary>Why it is not valid.</summary>
    public CredentialFault Fault { get; }

    /// <summary>The caller; null where the credential is not valid.</summary>
    public Caller? Caller { get; }

    /// <summary>Whether the caller is known.</summary>
    [MemberNotNullWhen(true, nameof(Caller))]
    public bool IsKnown => Status == AuthenticationStatus.Known;

    /// <summary>The credential belongs to this caller.</summary>
    public static Authentication Known(Caller caller) => new(AuthenticationStatus.Known, CredentialFault.None, caller);

    /// <summary>The credential is not valid.</summary>
    public static Authentication Refused(CredentialFault fault) => new(AuthenticationStatus.Refused, fault, null);

    /// <summary>It cannot be checked at the moment.</summary>
    public static Authentication Unavailable() => new(AuthenticationStatus.Unavailable, CredentialFault.KeysUnavailable, null);
}
