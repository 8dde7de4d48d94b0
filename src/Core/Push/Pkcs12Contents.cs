using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

using ApnsInspection = Gatehouse.Push.Inspection<Gatehouse.Push.ApnsCertificate, Gatehouse.Push.ApnsCertificateFault>;

namespace Gatehouse.Push;

/// <summary>The certificates of a .p12 file (RFC 7292), and the public halves of its RSA keys.</summary>
/// <remarks>
/// .NET's loader of whole files pairs keys and certificates by their attributes, and refuses repeated attributes, nested bags and
/// two certificates of one key. Here the attributes are ignored: a key belongs to the certificates with its public half.
/// </remarks>
internal sealed class Pkcs12Contents : IDisposable
{
    /// <summary>
    /// The most rounds of one derivation: what NSS uses (Firefox, Thunderbird). .NET's own limit is half of it. Most exporters
    /// use 2,048, the JDK 10,000, Bouncy Castle 102,400.
    /// </summary>
    public const int MostRoundsAtOnce = 600_000;

    /// <summary>
    /// The most rounds of a file: NSS's export of two certificates with their keys, which has four derivations. They take up to
    /// four seconds of a processor, depending on the algorithm. Without a bound, a file of 2 KiB could ask for hours.
    /// </summary>
    public const int MostRounds = 4 * MostRoundsAtOnce;

    private const string CertificateBag = "1.2.840.113549.1.12.10.1.3";
    private const string KeyBag = "1.2.840.113549.1.12.10.1.1";
    private const string ShroudedKeyBag = "1.2.840.113549.1.12.10.1.2";
    private const string NestedBag = "1.2.840.113549.1.12.10.1.6";
    private const string Rsa = "1.2.840.113549.1.1.1";

    private readonly Dictionary<string, X509Certificate2> certificates = [];
    private readonly HashSet<string> publicKeys = [];

    // Empty text and no text give different keys in the format's own derivation, and exporters use either for "no password".
    private string?[] passwords = ["", null];
    private bool isPasswordRight;
    private long rounds;

    /// <summary>The certificates, each once.</summary>
    public IReadOnlyCollection<X509Certificate2> Certificates => certificates.Values;

    /// <summary>The first part that could not be read; null where everything was.</summary>
    public ApnsInspection? Unread { get; private set; }

    /// <summary>Whether the file holds the private key of a certificate.</summary>
    public bool HasKeyOf(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPublicKey();
        return key is not null && publicKeys.Contains(NameOf(key));
    }

    /// <summary>Opens the file; the refusal where it cannot be opened, otherwise null.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="password">The file's password; null or empty for none.</param>
    public ApnsInspection? Open(ReadOnlyMemory<byte> file, string? password)
    {
        if (!string.IsNullOrEmpty(password)) passwords = [password];
        rounds = Pkcs12Rounds.Of(file).Total;
        try
        {
            var info = Pkcs12Info.Decode(file, out _, skipCopy: true);
            if (info.IntegrityMode == Pkcs12IntegrityMode.Password && CheckIntegrity(info) is { } refusal) return refusal;
            foreach (var part in info.AuthenticatedSafe)
                if (ReadPart(part) is { } tooCostly) return tooCostly;
            return null;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return ApnsRefusals.Damaged;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var certificate in Certificates) certificate.Dispose();
    }

    private ApnsInspection? CheckIntegrity(Pkcs12Info info)
    {
        try
        {
            var right = Array.FindIndex(passwords, info.VerifyMac);
            if (right < 0) return ApnsRefusals.Password(passwords[0]);
            (passwords, isPasswordRight) = ([passwords[right]], true);
            return null;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return ApnsRefusals.NotSupported("its integrity check is of an unknown kind");
        }
    }

    // Non-null where the derivations become too many, which can be seen only after a part was decrypted.
    private ApnsInspection? ReadPart(Pkcs12SafeContents part)
    {
        if (part.ConfidentialityMode == Pkcs12ConfidentialityMode.None) return ReadBags(part, isHidden: false);
        if (part.ConfidentialityMode != Pkcs12ConfidentialityMode.Password)
        {
            Unread ??= ApnsRefusals.NotSupported("a part of it is not encrypted with a password");
            return null;
        }
        return Try(part.Decrypt) ? ReadBags(part, isHidden: true) : null;
    }

    private ApnsInspection? ReadBags(Pkcs12SafeContents part, bool isHidden)
    {
        foreach (var bag in part.GetBags())
        {
            switch (bag)
            {
                case Pkcs12SafeContentsBag { SafeContents: { } nested }:
                    if (ReadBags(nested, isHidden) is { } refusal) return refusal;
                    break;
                case Pkcs12CertBag { IsX509Certificate: true } certificate:
                    Add(certificate);
                    break;
                case Pkcs12KeyBag key:
                    Add(() => Pkcs8PrivateKeyInfo.Decode(key.Pkcs8PrivateKey, out _, skipCopy: true));
                    break;
                case Pkcs12ShroudedKeyBag key:
                    if (isHidden && !TrySpend(key.EncryptedPkcs8PrivateKey)) return ApnsRefusals.TooCostly;
                    Pkcs8PrivateKeyInfo? opened = null;
                    if (Try(password => opened = Pkcs8PrivateKeyInfo.DecryptAndDecode(password, key.EncryptedPkcs8PrivateKey, out _)))
                        Add(() => opened!);
                    break;
                default:
                    // A bag of these kinds that does not have its form is shown as an unknown one.
                    if (bag.GetBagId().Value is CertificateBag or KeyBag or ShroudedKeyBag or NestedBag) Unread ??= ApnsRefusals.Damaged;
                    break;
            }
        }
        return null;
    }

    private bool TrySpend(ReadOnlyMemory<byte> key)
    {
        var (more, greatest) = Pkcs12Rounds.Of(key);
        rounds += Math.Min(more, MostRounds + 1);
        return greatest <= MostRoundsAtOnce && rounds <= MostRounds;
    }

    private bool Try(Action<string?> decrypt)
    {
        foreach (var password in passwords)
        {
            try
            {
                decrypt(password);
                return true;
            }
            catch (Exception e) when (IsRefusal(e))
            {
                // The next password; there is no other reason that .NET tells apart.
            }
        }
        Unread ??= isPasswordRight ? ApnsRefusals.NotDecrypted : ApnsRefusals.PasswordOrProtection(passwords[0]);
        return false;
    }

    private void Add(Pkcs12CertBag bag)
    {
        try
        {
            var certificate = bag.GetCertificate();
            if (!certificates.TryAdd(Convert.ToHexString(certificate.RawDataMemory.Span), certificate)) certificate.Dispose();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            Unread ??= ApnsRefusals.CertificateNotSupported;
        }
    }

    // Apple issues push certificates for RSA keys only, so other keys are of no use.
    private void Add(Func<Pkcs8PrivateKeyInfo> read)
    {
        try
        {
            var info = read();
            if (info.AlgorithmId.Value != Rsa) return;
            using var key = RSA.Create();
            key.ImportRSAPrivateKey(info.PrivateKeyBytes.Span, out _);
            publicKeys.Add(NameOf(key));
        }
        catch (Exception e) when (IsRefusal(e))
        {
            Unread ??= ApnsRefusals.NotSupported("it does not read a private key in it");
        }
    }

    // The latter where the system's library lacks an algorithm.
    private static bool IsRefusal(Exception e) => e is CryptographicException or NotSupportedException;

    private static string NameOf(RSA key) => Convert.ToHexString(key.ExportSubjectPublicKeyInfo());
}
