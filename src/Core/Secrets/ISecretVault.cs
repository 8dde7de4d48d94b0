namespace Gatehouse.Secrets;

/// <summary>
/// Where secrets live: Key Vault, or a vault of this machine's own. Names are Key Vault's: 1 to 127 letters, digits and
/// hyphens, the same in upper and lower case. A value is 1 to 25,000 bytes of UTF-8.
/// </summary>
/// <remarks>
/// Every method throws <see cref="VaultException"/> when the vault cannot answer or refuses, and
/// <see cref="ArgumentException"/> for a name or value outside <see cref="SecretLimits"/>, on every vault alike.
/// </remarks>
public interface ISecretVault
{
    /// <summary>The newest version of a secret, or null where there is none of that name.</summary>
    ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation);

    /// <summary>Writes a new version of a secret, whether there is one or not.</summary>
    ValueTask<Secret> SetAsync(string name, string value, CancellationToken cancellation);

    /// <summary>
    /// The secret of that name; where there is none, it is made of <paramref name="value"/>. However many instances call
    /// this at once, all are answered the same secret, and so is everybody who gets it from then on. What
    /// <see cref="SetAsync"/> writes, before or at the same time, stands above what this made.
    /// </summary>
    ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation);

    /// <summary>Removes a secret with all its versions; nothing happens where there is none.</summary>
    ValueTask DeleteAsync(string name, CancellationToken cancellation);
}

/// <summary>One version of a secret. Its text says nothing of its value.</summary>
/// <param name="name">The secret's name.</param>
/// <param name="version">The vault's own name for this version.</param>
/// <param name="value">The secret itself.</param>
public sealed class Secret(string name, string version, string value)
{
    private readonly string value = value;

    /// <summary>The secret's name.</summary>
    public string Name { get; } = name;

    /// <summary>The vault's own name for this version.</summary>
    public string Version { get; } = version;

    /// <summary>The secret itself. A method, so that no serializer or log formatter comes upon it.</summary>
    public string Reveal() => value;

    /// <summary>The name and the version.</summary>
    public override string ToString() => $"{Name}/{Version}";
}

/// <summary>
/// The vault cannot be reached, or refuses, or holds something that cannot be opened. Whether what was to be written was
/// written is not known. No secret is in the message.
/// </summary>
public sealed class VaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// In how much time the same call may succeed, as the vault said or as is sensible; null where it will not before an
    /// operator has mended something.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }
}
