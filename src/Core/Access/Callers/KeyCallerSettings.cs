namespace Gatehouse.Access.Callers;

/// <summary>A caller with a key, as an operator configures it: <c>Ops__Callers__0__...</c>.</summary>
/// <param name="Name"><c>Name</c>: the caller's name. See <see cref="Caller.IsName"/>; without <c>:</c>, which names of
/// Entra ID callers have.</param>
/// <param name="Key"><c>KeySha256</c> and <c>KeyExpiresAt</c>: its key.</param>
/// <param name="PreviousKey"><c>PreviousKeySha256</c> and <c>PreviousKeyExpiresAt</c>: a key that it may use too, while it changes from
/// one to the other.</param>
/// <param name="Roles"><c>Roles__0</c>...: at least one role, by name.</param>
/// <param name="Applications"><c>Applications__0</c>...: the applications that it is confined to; none for all.</param>
public sealed record KeyCallerSettings(
    string? Name, CallerKeySettings Key, CallerKeySettings PreviousKey, IReadOnlyList<string?> Roles, IReadOnlyList<string?> Applications)
{
    /// <summary>The name only: a hash is not a secret, but a log does not need it.</summary>
    public override string ToString() => Name ?? "";
}

/// <summary>A key of a caller, as an operator configures it.</summary>
/// <param name="Sha256">The SHA-256 of the key's UTF-8 bytes, as 64 hex digits; null for no key.</param>
/// <param name="ExpiresAt">When the key ends, in any form of RFC 3339; null for never.</param>
public readonly record struct CallerKeySettings(string? Sha256, string? ExpiresAt = null)
{
    /// <summary>Nothing: a hash is not a secret, but a log does not need it.</summary>
    public override string ToString() => "";
}
