using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Access.Callers;

/// <summary>What became of a credential.</summary>
public enum AuthenticationStatus
{
    /// <summary>It is not good, or there is none. 401.</summary>
    Refused,

    /// <summary>Whether it is good cannot be found out just now. 503.</summary>
    Unavailable,

    /// <summary>It is good: there is a caller.</summary>
    Known,
}

/// <summary>Why a credential is not good: for a log, by type without anything of the credential itself.</summary>
public enum CredentialFault
{
    /// <summary>It is good.</summary>
    None,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There are two: which of them counts is not for us to choose.</summary>
    Ambiguous,

    /// <summary>The key is nobody's.</summary>
    UnknownKey,

    /// <summary>Bearer tokens are not taken: Entra ID is not configured.</summary>
    NoBearer,

    /// <summary>The token is longer than one is.</summary>
    TooLong,

    /// <summary>The token is no JWT.</summary>
    Malformed,

    /// <summary>The token is signed in another way than RS256, or not at all.</summary>
    Algorithm,

    /// <summary>The token is signed by a key that is not published, or not by the one it names.</summary>
    Signature,

    /// <summary>The token is another issuer's or another tenant's.</summary>
    Issuer,

    /// <summary>The token is for another audience.</summary>
    Audience,

    /// <summary>The token has expired, or never does.</summary>
    Expired,

    /// <summary>The token is not valid yet.</summary>
    NotYetValid,

    /// <summary>The token does not say for whom it was issued: no access token.</summary>
    Claims,

    /// <summary>The keys that the token would be checked with cannot be had just now.</summary>
    KeysUnavailable,
}

/// <summary>What became of a credential, and whose it is. The default value refuses.</summary>
public readonly record struct Authentication
{
    private Authentication(AuthenticationStatus status, CredentialFault fault, Caller? caller)
    {
        Status = status;
        Fault = fault;
        Caller = caller;
    }

    /// <summary>What became of it.</summary>
    public AuthenticationStatus Status { get; }

    /// <summary>Why it is not good.</summary>
    public CredentialFault Fault { get; }

    /// <summary>Whose it is; null where it is not good.</summary>
    public Caller? Caller { get; }

    /// <summary>Whether there is a caller.</summary>
    [MemberNotNullWhen(true, nameof(Caller))]
    public bool IsKnown => Status == AuthenticationStatus.Known;

    /// <summary>The credential is this caller's.</summary>
    public static Authentication Known(Caller caller) => new(AuthenticationStatus.Known, CredentialFault.None, caller);

    /// <summary>The credential is not good.</summary>
    public static Authentication Refused(CredentialFault fault) => new(AuthenticationStatus.Refused, fault, null);

    /// <summary>It cannot be found out just now.</summary>
    public static Authentication Unavailable() => new(AuthenticationStatus.Unavailable, CredentialFault.KeysUnavailable, null);
}
