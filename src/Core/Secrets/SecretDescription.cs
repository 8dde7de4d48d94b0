namespace Gatehouse.Secrets;

/// <summary>
/// What a secret is, for people and policies that look at the vault. It is stored beside the value, and is not secret. Key Vault
/// stores it; the local vault, which only an operator of this machine sees, does not.
/// </summary>
/// <param name="ContentType">The kind of value: 1 to 255 characters.</param>
/// <param name="ExpiresAt">When the value ends (<c>exp</c>); null for never, or if that is not known. Key Vault does not enforce
/// it.</param>
/// <param name="Tags">At most 14 tags, with names and values of at most 256 characters. The name <c>gatehouse</c> is taken.</param>
public sealed record SecretDescription(string ContentType, DateTimeOffset? ExpiresAt, IReadOnlyDictionary<string, string> Tags);

/// <summary>Shorter calls of a vault.</summary>
public static class SecretVaultExtensions
{
    /// <summary>Writes a new version of a secret without a description, whether the secret exists or not.</summary>
    public static ValueTask<Secret> SetAsync(this ISecretVault vault, string name, string value, CancellationToken cancellation) =>
        vault.SetAsync(name, value, null, cancellation);
}
