using System.Security.Cryptography;
using System.Text;
using Gatehouse.Secrets;

namespace Gatehouse.Access;

/// <summary>
/// Decides who may create, list and delete every application (HTTP Basic, RFC 7617): one user and password, configured or
/// made at first start and kept in the vault. Until they are there, nobody passes.
/// </summary>
public sealed class OrganizationAccess
{
    private const string UserSecret = "organization-user";
    private const string PasswordSecret = "organization-password";
    private const string DefaultUser = "organization";
    private const int PasswordLength = 32;

    private byte[]? userHash;
    private byte[]? passwordHash;

    /// <summary>Takes the configured credentials.</summary>
    public void Configure(string user, string password)
    {
        userHash = Hash(user);
        passwordHash = Hash(password);
    }

    /// <summary>
    /// Takes the credentials out of the vault, made of 128 random bits where there are none. Returns them, for whoever sits
    /// at the machine to use.
    /// </summary>
    /// <exception cref="VaultException">The vault cannot answer.</exception>
    public async Task<(string User, string Password)> MakeAsync(ISecretVault vault, CancellationToken cancellation)
    {
        var user = await vault.GetOrAddAsync(UserSecret, DefaultUser, cancellation);
        var password = await vault.GetOrAddAsync(
            PasswordSecret, RandomNumberGenerator.GetHexString(PasswordLength, lowercase: true), cancellation);
        Configure(user.Reveal(), password.Reveal());
        return (user.Reveal(), password.Reveal());
    }

    /// <summary>Whether both are right. It takes the same time wherever they differ.</summary>
    public bool Admits(string user, string password) =>
        userHash is not null && passwordHash is not null
        && CryptographicOperations.FixedTimeEquals(Hash(user), userHash)
            & CryptographicOperations.FixedTimeEquals(Hash(password), passwordHash);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
