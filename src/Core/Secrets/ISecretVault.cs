namespace Gatehouse.Secrets;

/// <summary>
/// Stores secrets: in Key Vault, or in a local vault. Names follow Key Vault: 1 to 127 letters, digits and hyphens,
/// case-insensitive. A value is 1 to 25,000 bytes of UTF-8.
/// </summary>
/// <remarks>
/// Every method throws <see cref="VaultException"/> when the vault cannot answer or refuses, and
/// <see cref="ArgumentException"/> for a name or value outside <see cref="SecretLimits"/>. All vaults behave the same.
/// </remarks>
public interface ISecretVault
{
    /// <summary>The newest version of a secret; null where there is no secret of that name.</summary>
    ValueTask<Secret?> GetAsync(string name, CancellationToken cancellation);

    /// <summary>Writes a new version of a secret, whether the secret exists or not.</summary>
    /// <param name="name">The secret's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="description">What it is; null for no description.</param>
    /// <param name="cancellation">Cancels.</param>
    ValueTask<Secret> SetAsync(string name, string value, SecretDescription? description, CancellationToken cancellation);

    /// <summary>
    /// The secret of that name; if there is none, it is created with <paramref name="value"/>. When several instances call
    /// this at once, all get the same secret, and so does every later read. A value that <see cref="SetAsync(string, string, SecretDescription?, CancellationToken)"/> writes,
    /// before or at the same time, takes precedence.
    /// </summary>
    ValueTask<Secret> GetOrAddAsync(string name, string value, CancellationToken cancellation);

    /// <summary>Removes a secret with all its versions. Does nothing if it does not exist.</summary>
    ValueTask DeleteAsync(string name, CancellationToken cancellation);
}

/// <summary>One version of a secret. <c>ToString</c> does not show its value.</summary>
/// <param name="name">The secret's name.</param>
/// <param name="version">The vault's name for this version.</param>
/// <param name="value">The secret itself.</param>
public sealed class Secret(string name, string version, string value)
{
    private readonly string value = value;

    /// <summary>The secret's name.</summary>
    public string Name { get; } = name;

    /// <summary>The vault's name for this version.</summary>
    public string Version { get; } = version;

    /// <summary>The secret itself. A method, so that no serializer or log formatter reads it.</summary>
    public string Reveal() => value;

    /// <summary>The name and the version.</summary>
    public override string ToString() => $"{Name}/{Version}";
}

/// <summary>
/// The vault cannot be reached, or refuses, or holds something that cannot be decrypted. A write may have been done or not.
/// The message holds no secret.
/// </summary>
public sealed class VaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// When the same call may succeed, as the vault said or a sensible guess; null where an operator has to fix something
    /// first.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }
}
