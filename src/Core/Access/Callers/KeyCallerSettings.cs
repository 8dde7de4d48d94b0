namespace Gatehouse.Access.Callers;

/// <summary>A caller with a key, as an operator configures it: <c>Ops__Callers__0__...</c>.</summary>
/// <param name="Name"><c>Name</c>: the caller's name. See <see cref="Caller.IsName"/>; without <c>:</c>, which names of
/// Entra ID callers have.</param>
/// <param name="KeySha256"><c>KeySha256</c>: the SHA-256 of the key's UTF-8 bytes, as 64 hex digits.</param>
/// <param name="Roles"><c>Roles__0</c>...: at least one role, by name.</param>
/// <param name="Applications"><c>Applications__0</c>...: the applications that it is confined to; none for all.</param>
public sealed record KeyCallerSettings(
    string? Name, string? KeySha256, IReadOnlyList<string?> Roles, IReadOnlyList<string?> Applications)
{
    /// <summary>The name only: a hash is not a secret, but a log does not need it.</summary>
    public override string ToString() => Name ?? "";
}
