namespace Gatehouse.Access.Callers;

/// <summary>Whether a call may be made. Only <see cref="Allowed"/> lets it; whatever is forgotten refuses.</summary>
public enum AccessDecision
{
    /// <summary>There is no caller: no credential, or one that is not good. 401.</summary>
    Refused,

    /// <summary>The caller is known and has not the role, or not for every application. 403.</summary>
    Forbidden,

    /// <summary>The caller has the role, but not for this application; to be answered as if it did not exist. 404.</summary>
    OtherApplication,

    /// <summary>The call may be made.</summary>
    Allowed,
}
