using System.Security.Cryptography;
using System.Text;
using Gatehouse.Common;

namespace Gatehouse.Access.Callers;

/// <summary>
/// The callers with a key (<c>X-Gatehouse-Key</c>): the configured ones, and with the local defaults one with every role.
/// Only the SHA-256 of a key is known.
/// </summary>
/// <remarks>A key is compared with all keys, each in fixed time, so the time reveals nothing about a match.</remarks>
public sealed class KeyCallers
{
    /// <summary>The name of the local caller.</summary>
    public const string LocalName = "local";

    /// <summary>The most characters of a key; a longer one is refused before it is hashed.</summary>
    public const int KeyLength = 512;

    private const string ExampleId = "D5F4E2A1-0B3C-4D5E-8F60-718293A4B5C6";

    private readonly List<(byte[] KeyHash, Caller Caller)> callers = [];

    /// <summary>Reads the configured callers.</summary>
    /// <exception cref="AccessSettingException">One of their settings is wrong.</exception>
    public KeyCallers(IReadOnlyList<KeyCallerSettings> settings)
    {
        for (var index = 0; index < settings.Count; index++) callers.Add(Read(settings[index], $"Ops__Callers__{index}"));
    }

    /// <summary>How many callers there are.</summary>
    public int Count => callers.Count;

    /// <summary>Adds the local caller, before requests are served.</summary>
    /// <exception cref="AccessSettingException">The key or the name is another caller's.</exception>
    public void AddLocal(string key)
    {
        if (key.Length is 0 or > KeyLength) throw new AccessSettingException($"Ops__LocalKey must have 1 to {KeyLength} characters.");
        RefuseRepeated(LocalName, Hash(key), "Ops__LocalKey", "Ops__LocalKey");
        callers.Add((Hash(key), new Caller(LocalName, RoleNames.All)));
    }

    /// <summary>The caller with this key; null if there is none.</summary>
    public Caller? Find(string key)
    {
        if (key.Length is 0 or > KeyLength) return null;
        Span<byte> utf8 = stackalloc byte[3 * KeyLength];
        var hash = KnownHash.Of(utf8[..Encoding.UTF8.GetBytes(key, utf8)]).Bytes;
        Caller? found = null;
        foreach (var (keyHash, caller) in callers)
            if (CryptographicOperations.FixedTimeEquals(hash, keyHash)) found = caller;
        return found;
    }

    /// <summary>Parses the application id in a setting.</summary>
    internal static AppId ReadApplication(string? id, string setting) => AppId.TryParse(id)
        ?? throw new AccessSettingException($"{setting} must be an application id such as {ExampleId}, not '{id}'.");

    private (byte[] KeyHash, Caller Caller) Read(KeyCallerSettings settings, string at)
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
        var hash = ReadHash(settings.KeySha256, $"{at}__KeySha256");
        RefuseRepeated(settings.Name, hash, $"{at}__Name", $"{at}__KeySha256");
        if (settings.Roles.Count == 0)
            throw new AccessSettingException($"{at}__Roles must hold at least one of {string.Join(", ", RoleNames.All.Select(RoleNames.NameOf))}.");
        var roles = settings.Roles.Select((role, index) => ReadRole(role, $"{at}__Roles__{index}")).ToList();
        var applications = settings.Applications.Select((id, index) => ReadApplication(id, $"{at}__Applications__{index}")).ToList();
        return (hash, new Caller(settings.Name, roles, applications.Count == 0 ? null : applications));
    }

    // The value itself is not shown: an operator may have put the key there instead of its hash.
    private static byte[] ReadHash(string? text, string setting) =>
        text is { Length: 2 * SHA256.HashSizeInBytes } && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new AccessSettingException($"{setting} must be the SHA-256 of the caller's key, as 64 hex digits.");

    private static Role ReadRole(string? name, string setting) => RoleNames.TryParse(name, out var role)
        ? role
        : throw new AccessSettingException(
            $"{setting} must be one of {string.Join(", ", RoleNames.All.Select(RoleNames.NameOf))}, not '{name}'.");

    // Two callers with one name could not be told apart in the audit trail, and of two callers with one key the second would
    // act as the first.
    private void RefuseRepeated(string name, byte[] hash, string nameSetting, string keySetting)
    {
        foreach (var (keyHash, caller) in callers)
        {
            if (string.Equals(caller.Name, name, StringComparison.OrdinalIgnoreCase))
                throw new AccessSettingException($"{nameSetting}: there is another caller of the name {name}.");
            if (CryptographicOperations.FixedTimeEquals(keyHash, hash))
                throw new AccessSettingException($"{keySetting}: {caller.Name} has the same key.");
        }
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
