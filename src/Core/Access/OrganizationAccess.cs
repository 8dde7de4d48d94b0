using System.Security.Cryptography;
using System.Text;
using Gatehouse.Secrets;

namespace Gatehouse.Access;

/// <summary>
/// Decides who may create, list and delete all applications (HTTP Basic, RFC 7617): one user and password, configured, or
/// generated at first start and stored in the vault. Before they are set, every request is refused.
/// </summary>
public sealed class OrganizationAccess
{
    private const string UserSecret = "organization-user";
    private const string PasswordSecret = "organization-password";
    private const string DefaultUser = "organization";
    private const int PasswordLength = 32;

    private byte[]? userHash;
    private byte[]? passwordHash;

    /// <summary>Sets the configured credentials.</summary>
    public void Configure(string user, string password)
    {
        userHash = Hash(user);
        passwordHash = Hash(password);
    }

    /// <summary>
    /// Sets the credentials from the vault, generated from 128 random bits if there are none. Returns them, to be shown
    /// on the local console.
    /// </summary>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<(string User, string Password)> GetOrCreateAsync(ISecretVault vault, CancellationToken cancellation)
    {
        var user = await vault.GetOrAddAsync(UserSecret, DefaultUser, cancellation);
        var password = await vault.GetOrAddAsync(
            PasswordSecret, RandomNumberGenerator.GetHexString(PasswordLength, lowercase: true), cancellation);
        Configure(user.Reveal(), password.Reveal());
        return (user.Reveal(), password.Reveal());
    }

    /// <summary>Whether both are right. The comparison takes constant time.</summary>
    public bool Accepts(string user, string password) =>
        userHash is not null && passwordHash is not null
        && CryptographicOperations.FixedTimeEquals(Hash(user), userHash)
            & CryptographicOperations.FixedTimeEquals(Hash(password), passwordHash);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
