namespace Gatehouse.Access.Callers;

/// <summary>Whether a call is allowed. The default value refuses; only <see cref="Allowed"/> permits.</summary>
public enum AccessDecision
{
    /// <summary>There is no caller: the credential is missing or not valid. 401.</summary>
    Refused,

    /// <summary>The caller does not have the role, or not for all applications. 403.</summary>
    Forbidden,

    /// <summary>
    /// The caller has the role, but not for this application. The answer is the same as for an application that does not
    /// exist. 404.
    /// </summary>
    OtherApplication,

    /// <summary>The call is allowed.</summary>
    Allowed,
}
