using System.Buffers;

namespace Gatehouse.Access.Callers;

/// <summary>
/// An internal service with a valid credential, and what it may do: its roles, for all applications or for some. Everything
/// else is refused.
/// </summary>
public sealed class Caller
{
    /// <summary>The most characters of a caller's name.</summary>
    public const int NameLength = 100;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@:");

    // A bit for each role.
    private readonly uint roles;
    private readonly HashSet<AppId>? applications;

    /// <summary>Creates a caller.</summary>
    /// <param name="name">1 to 100 letters, digits and <c>- _ . @ :</c>; unique among callers.</param>
    /// <param name="roles">Its roles.</param>
    /// <param name="applications">The applications that it is confined to; null for all.</param>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public Caller(string name, IEnumerable<Role> roles, IEnumerable<AppId>? applications = null)
    {
        if (!IsName(name)) throw new ArgumentException("Not a valid name of a caller.", nameof(name));
        Name = name;
        foreach (var role in roles) this.roles |= Bit(role);
        this.applications = applications is null ? null : [.. applications];
    }

    /// <summary>The name in the audit trail. Idempotency keys belong to it.</summary>
    public string Name { get; }

    /// <summary>What it was identified by.</summary>
    public CredentialKind Credential { get; init; }

    /// <summary>When this credential ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Its roles.</summary>
    public IEnumerable<Role> Roles => RoleNames.All.Where(Has);

    /// <summary>Whether it is confined to some applications.</summary>
    public bool IsConfined => applications is not null;

    /// <summary>The applications that it is confined to; null where it is not.</summary>
    public IReadOnlyCollection<AppId>? Applications => applications;

    /// <summary>Whether a text is a valid name.</summary>
    public static bool IsName(string? text) =>
        text is { Length: >= 1 and <= NameLength } && !text.AsSpan().ContainsAnyExcept(NameCharacters);

    /// <summary>Requires the role for one application.</summary>
    public AccessDecision May(Role role, AppId application) =>
        !Has(role) ? AccessDecision.Forbidden
        : Reaches(application) ? AccessDecision.Allowed
        : AccessDecision.OtherApplication;

    /// <summary>
    /// Requires the role for all applications. Used for calls that are not about one application, such as creating one.
    /// </summary>
    public AccessDecision MayForAll(Role role) =>
        Has(role) && !IsConfined ? AccessDecision.Allowed : AccessDecision.Forbidden;

    /// <summary>
    /// Requires the role, for all applications or some. Used for calls that show only the applications that the caller
    /// <see cref="Reaches"/>.
    /// </summary>
    public AccessDecision MayForSome(Role role) => Has(role) ? AccessDecision.Allowed : AccessDecision.Forbidden;

    /// <summary>Whether the caller may see the application.</summary>
    public bool Reaches(AppId application) => applications is null || applications.Contains(application);

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    private bool Has(Role role) => (roles & Bit(role)) != 0;

    private static uint Bit(Role role) => role == Role.None ? 0 : 1u << (int)role;
}
