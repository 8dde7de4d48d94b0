using System.Text.Json.Serialization;
using Gatehouse.Access.Callers;
using Gatehouse.Common;

namespace Gatehouse.Functions.Ops;

/// <summary>A caller as it sees itself.</summary>
internal sealed record CallerDocument(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("credential")] string Credential,
    [property: JsonPropertyName("expires_at")] string? ExpiresAt,
    [property: JsonPropertyName("roles")] IReadOnlyList<string> Roles,
    [property: JsonPropertyName("applications")] IReadOnlyList<string>? Applications)
{
    public static CallerDocument Of(Caller caller) => new(
        caller.Name, caller.Credential == CredentialKind.Key ? "key" : "bearer", Rfc3339.TextOrNull(caller.ExpiresAt), RolesOf(caller),
        ApplicationsOf(caller));

    /// <summary>The names of its roles.</summary>
    public static IReadOnlyList<string> RolesOf(Caller caller) => [.. caller.Roles.Select(RoleNames.NameOf)];

    /// <summary>The applications that it is confined to, in order; null for all.</summary>
    public static IReadOnlyList<string>? ApplicationsOf(Caller caller) =>
        caller.Applications is { } applications ? [.. applications.Select(id => id.ToString()).Order(StringComparer.Ordinal)] : null;
}

/// <summary>The callers with a key, by name, and whether those of a tenant are accepted too.</summary>
internal sealed record KeyCallersDocument(
    [property: JsonPropertyName("callers")] IReadOnlyList<KeyCallerDocument> Callers,
    [property: JsonPropertyName("takes_bearer")] bool TakesBearer)
{
    public static KeyCallersDocument Of(KeyCallers callers, bool takesBearer, DateTimeOffset now) => new(
        [
            .. callers.Keys.GroupBy(key => key.Name, StringComparer.Ordinal).OrderBy(keys => keys.Key, StringComparer.Ordinal)
                .Select(keys => KeyCallerDocument.Of([.. keys], now)),
        ],
        takesBearer);
}

/// <summary>A caller with a key.</summary>
internal sealed record KeyCallerDocument(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("roles")] IReadOnlyList<string> Roles,
    [property: JsonPropertyName("applications")] IReadOnlyList<string>? Applications,
    [property: JsonPropertyName("keys")] IReadOnlyList<KeyDocument> Keys)
{
    public static KeyCallerDocument Of(IReadOnlyList<Caller> keys, DateTimeOffset now) => new(
        keys[0].Name, CallerDocument.RolesOf(keys[0]), CallerDocument.ApplicationsOf(keys[0]),
        [.. keys.Select(key => new KeyDocument(Rfc3339.TextOrNull(key.ExpiresAt), key.ExpiresAt <= now))]);
}

/// <summary>A key: only when it ends.</summary>
internal sealed record KeyDocument(
    [property: JsonPropertyName("expires_at")] string? ExpiresAt, [property: JsonPropertyName("is_expired")] bool IsExpired);

[JsonSerializable(typeof(CallerDocument))]
[JsonSerializable(typeof(KeyCallersDocument))]
internal sealed partial class CallersContext : JsonSerializerContext;
