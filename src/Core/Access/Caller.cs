using System.Buffers;

namespace Gatehouse.Access;

/// <summary>
/// An internal service whose credential has been found good, and what it may do: its roles, for every application or for
/// some. What is not listed is not allowed.
/// </summary>
public sealed class Caller
{
    /// <summary>The most characters of a caller's name.</summary>
    public const int NameLength = 100;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@:");

    private readonly HashSet<Role> roles;
    private readonly HashSet<AppId>? applications;

    /// <summary>Makes a caller.</summary>
    /// <param name="name">1 to 100 letters, digits and <c>- _ . @ :</c>; unique among callers.</param>
    /// <param name="roles">What it may do.</param>
    /// <param name="applications">The applications that it is confined to; null for all.</param>
    /// <exception cref="ArgumentException">The name is none.</exception>
    public Caller(string name, IEnumerable<Role> roles, IEnumerable<AppId>? applications = null)
    {
        if (!IsName(name)) throw new ArgumentException("It is no caller's name.", nameof(name));
        Name = name;
        this.roles = [.. roles];
        this.roles.Remove(Role.None);
        this.applications = applications is null ? null : [.. applications];
    }

    /// <summary>Who it is: what the audit trail says, and what idempotency keys belong to.</summary>
    public string Name { get; }

    /// <summary>Whether it is confined to some applications.</summary>
    public bool IsConfined => applications is not null;

    /// <summary>The applications that it is confined to; null where it is not.</summary>
    public IReadOnlyCollection<AppId>? Applications => applications;

    /// <summary>Whether a text can name a caller.</summary>
    public static bool IsName(string? text) =>
        text is { Length: >= 1 and <= NameLength } && !text.AsSpan().ContainsAnyExcept(NameCharacters);

    /// <summary>Whether something may be done with one application.</summary>
    public AccessDecision May(Role role, AppId application) =>
        !roles.Contains(role) ? AccessDecision.Forbidden
        : Reaches(application) ? AccessDecision.Allowed
        : AccessDecision.OtherApplication;

    /// <summary>Whether something may be done that is not about one application, such as to create one.</summary>
    public AccessDecision MayEverywhere(Role role) =>
        roles.Contains(role) && !IsConfined ? AccessDecision.Allowed : AccessDecision.Forbidden;

    /// <summary>
    /// Whether something may be done that shows, of all applications, those that the caller <see cref="Reaches"/>.
    /// </summary>
    public AccessDecision MayAmongItsOwn(Role role) => roles.Contains(role) ? AccessDecision.Allowed : AccessDecision.Forbidden;

    /// <summary>Whether the application exists for this caller.</summary>
    public bool Reaches(AppId application) => applications is null || applications.Contains(application);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
