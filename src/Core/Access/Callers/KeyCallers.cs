using System.Security.Cryptography;
using System.Text;
using Gatehouse.Common;

namespace Gatehouse.Access.Callers;

/// <summary>
/// The callers with a key (<c>X-Gatehouse-Key</c>): the configured ones, and with the local defaults one with every role.
/// Only the SHA-256 of a key is known. A configured caller can have two keys, so that its key is changed without an interruption.
/// </summary>
/// <remarks>A key is compared with all keys, each in fixed time, so the time reveals nothing about a match.</remarks>
public sealed class KeyCallers
{
    /// <summary>The name of the local caller.</summary>
    public const string LocalName = "local";

    /// <summary>The most characters of a key; a longer one is refused before it is hashed.</summary>
    public const int KeyLength = 512;

    private const string ExampleId = "D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6";
    private const string ExampleTime = "2026-01-31T00:00:00Z";

    private readonly TimeProvider time;

    // One for each key. Those of one caller differ in their end only.
    private readonly List<(byte[] KeyHash, Caller Caller)> keys = [];

    /// <summary>Reads the configured callers.</summary>
    /// <param name="settings">The callers.</param>
    /// <param name="time">The clock that ends keys.</param>
    /// <exception cref="AccessSettingException">One of their settings is wrong.</exception>
    public KeyCallers(IReadOnlyList<KeyCallerSettings> settings, TimeProvider time)
    {
        this.time = time;
        for (var index = 0; index < settings.Count; index++) Add(settings[index], $"Ops__Callers__{index}");
    }

    /// <summary>The callers, one for each of their keys.</summary>
    public IEnumerable<Caller> Keys => keys.Select(key => key.Caller);

    /// <summary>Adds the local caller, before requests are served.</summary>
    /// <exception cref="AccessSettingException">The key or the name is another caller's.</exception>
    public void AddLocal(string key)
    {
        if (key.Length is 0 or > KeyLength) throw new AccessSettingException($"Ops__LocalKey must have 1 to {KeyLength} characters.");
        RefuseRepeated(LocalName, "Ops__LocalKey");
        Add(Hash(key), new Caller(LocalName, RoleNames.All), "Ops__LocalKey");
    }

    /// <summary>The caller with this key. Null if the key is unknown or has expired.</summary>
    public Caller? Find(string key) => Authenticate(key).Caller;

    /// <summary>Authenticates a key.</summary>
    internal Authentication Authenticate(string key)
    {
        if (key.Length is 0 or > KeyLength) return Authentication.Refused(CredentialFault.UnknownKey);
        Span<byte> utf8 = stackalloc byte[3 * KeyLength];
        var hash = KnownHash.Of(utf8[..Encoding.UTF8.GetBytes(key, utf8)]).Bytes;
        Caller? found = null;
        foreach (var (keyHash, caller) in keys)
            if (CryptographicOperations.FixedTimeEquals(hash, keyHash)) found = caller;
        if (found is null) return Authentication.Refused(CredentialFault.UnknownKey);
        return found.ExpiresAt <= time.GetUtcNow() ? Authentication.Refused(CredentialFault.ExpiredKey) : Authentication.Known(found);
    }

    /// <summary>Parses the application id in a setting.</summary>
    internal static AppId ReadApplication(string? id, string setting) => AppId.TryParse(id)
        ?? throw new AccessSettingException($"{setting} must be an application id such as {ExampleId}, not '{id}'.");

    private void Add(KeyCallerSettings settings, string at)
    {
        if (string.IsNullOrEmpty(settings.Name)) throw new AccessSettingException($"{at}__Name must be set.");
        if (!Caller.IsName(settings.Name) || settings.Name.Contains(':'))
        {
            throw new AccessSettingException(
                $"{at}__Name must be 1 to {Caller.NameLength} letters, digits and - _ . @, not '{settings.Name}'.");
        }
        // Also while there is no local caller: its tokens and its entries in the audit trail stay under its name.
        if (settings.Name.Equals(LocalName, StringComparison.OrdinalIgnoreCase))
            throw new AccessSettingException($"{at}__Name: {LocalName} is the name of the local caller. Choose another one.");
        RefuseRepeated(settings.Name, $"{at}__Name");
        if (settings.Roles.Count == 0)
            throw new AccessSettingException($"{at}__Roles must hold at least one of {string.Join(", ", RoleNames.All.Select(RoleNames.NameOf))}.");
        var roles = settings.Roles.Select((role, index) => ReadRole(role, $"{at}__Roles__{index}")).ToList();
        var applications = settings.Applications.Select((id, index) => ReadApplication(id, $"{at}__Applications__{index}")).ToList();
        AddKey(settings.Key, "Key");
        if (settings.PreviousKey != default) AddKey(settings.PreviousKey, "PreviousKey");

        void AddKey(CallerKeySettings key, string name) => Add(
            ReadHash(key.Sha256, $"{at}__{name}Sha256"),
            new Caller(settings.Name, roles, applications.Count == 0 ? null : applications)
            {
                ExpiresAt = ReadEnd(key.ExpiresAt, $"{at}__{name}ExpiresAt"),
            },
            $"{at}__{name}Sha256");
    }

    // Of two callers with one key the second would act as the first.
    private void Add(byte[] hash, Caller caller, string setting)
    {
        foreach (var (keyHash, other) in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(keyHash, hash))
                throw new AccessSettingException($"{setting}: {other.Name} has the same key{(other.Name == caller.Name ? " already" : "")}.");
        }
        keys.Add((hash, caller));
    }

    // The value itself is not shown: an operator may have put the key there instead of its hash.
    private static byte[] ReadHash(string? text, string setting) =>
        text is { Length: 2 * SHA256.HashSizeInBytes } && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new AccessSettingException($"{setting} must be the SHA-256 of the caller's key, as 64 hex digits.");

    private static DateTimeOffset? ReadEnd(string? text, string setting) =>
        text is null ? null
        : Rfc3339.TryParse(text, out var end) ? end
        : throw new AccessSettingException($"{setting} must be a time such as {ExampleTime}, not '{text}'.");

    private static Role ReadRole(string? name, string setting) => RoleNames.TryParse(name, out var role)
        ? role
        : throw new AccessSettingException(
            $"{setting} must be one of {string.Join(", ", RoleNames.All.Select(RoleNames.NameOf))}, not '{name}'.");

    // Two callers with one name could not be told apart in the audit trail.
    private void RefuseRepeated(string name, string setting)
    {
        if (keys.Exists(key => string.Equals(key.Caller.Name, name, StringComparison.OrdinalIgnoreCase)))
            throw new AccessSettingException($"{setting}: there is another caller of the name {name}.");
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
