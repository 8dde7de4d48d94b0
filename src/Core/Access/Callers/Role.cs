using System.Diagnostics.CodeAnalysis;

namespace Gatehouse.Access.Callers;

/// <summary>What a caller of the facade may be allowed to do. The zero value is no role.</summary>
public enum Role
{
    /// <summary>No role. It is never granted.</summary>
    None,

    /// <summary><c>Applications.Read</c>: list and view applications, their tokens' leases and push credentials.</summary>
    ApplicationsRead,

    /// <summary><c>Applications.Create</c>: create applications and take them into custody.</summary>
    ApplicationsCreate,

    /// <summary><c>Applications.Delete</c>: delete applications.</summary>
    ApplicationsDelete,

    /// <summary><c>Tokens.Issue</c>: issue tokens, and rotate one's own.</summary>
    TokensIssue,

    /// <summary><c>Tokens.Manage</c>: rotate tokens that were issued to others.</summary>
    TokensManage,

    /// <summary><c>Tokens.Revoke</c>: revoke tokens.</summary>
    TokensRevoke,

    /// <summary><c>Push.Write</c>: add and delete push credentials.</summary>
    PushWrite,

    /// <summary><c>Usage.Write</c>: report usage.</summary>
    UsageWrite,

    /// <summary><c>Counts.Read</c>: read usage and the archive of daily counts.</summary>
    CountsRead,

    /// <summary><c>Counts.Write</c>: have the archive filled.</summary>
    CountsWrite,

    /// <summary><c>Audit.Read</c>: read the audit trail, the callers and the timers.</summary>
    AuditRead,
}

/// <summary>The names of the roles in Entra ID's app roles, the configuration and the audit trail.</summary>
public static class RoleNames
{
    /// <summary>Every role.</summary>
    public static IReadOnlyCollection<Role> All { get; } = Enum.GetValues<Role>()[1..];

    /// <summary>The name of a role.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such role.</exception>
    public static string NameOf(Role role) => role switch
    {
        Role.ApplicationsRead => "Applications.Read",
        Role.ApplicationsCreate => "Applications.Create",
        Role.ApplicationsDelete => "Applications.Delete",
        Role.TokensIssue => "Tokens.Issue",
        Role.TokensManage => "Tokens.Manage",
        Role.TokensRevoke => "Tokens.Revoke",
        Role.PushWrite => "Push.Write",
        Role.UsageWrite => "Usage.Write",
        Role.CountsRead => "Counts.Read",
        Role.CountsWrite => "Counts.Write",
        Role.AuditRead => "Audit.Read",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "Not a role."),
    };

    /// <summary>Parses the name of a role, in exactly this spelling; false if the name is unknown.</summary>
    public static bool TryParse([NotNullWhen(true)] string? name, out Role role)
    {
        foreach (var known in All)
        {
            role = known;
            if (name == NameOf(known)) return true;
        }
        role = Role.None;
        return false;
    }
}
