using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gatehouse.Tests;

/// <summary>What a test certificate is for.</summary>
internal enum CertificateKind
{
    Development,
    Production,
    Universal,

    /// <summary>Any certificate without Apple's extensions.</summary>
    NotApple,
}

/// <summary>
/// Push certificates such as Apple issues and .p12 files such as exporters write, created on demand and valid from yesterday
/// for a year by default.
/// </summary>
internal static class TestCertificates
{
    public const string BundleId = "com.example.app";
    public const string Password = "correct horse";

    private const string DevelopmentPush = "1.2.840.113635.100.6.3.1";
    private const string ProductionPush = "1.2.840.113635.100.6.3.2";
    private const string PushTopics = "1.2.840.113635.100.6.3.6";
    private const string UserId = "0.9.2342.19200300.100.1.1";

    // Creating a key can take a second, so the tests share these.
    private static readonly Lazy<RSA> SharedKey = new(() => RSA.Create(2048));
    private static readonly Lazy<RSA> SharedOtherKey = new(() => RSA.Create(2048));

    /// <summary>The key of the certificates.</summary>
    public static RSA Key => SharedKey.Value;

    /// <summary>Another key, of no certificate by default.</summary>
    public static RSA OtherKey => SharedOtherKey.Value;

    /// <summary>
    /// Whether RC2 works here: OpenSSL 3 keeps it in its "legacy" provider, which some systems package apart.
    /// </summary>
    public static bool HasRc2 { get; } = TryRc2();

    /// <summary>Creates a certificate without its private key. No two are the same.</summary>
    public static X509Certificate2 Certificate(
        CertificateKind kind,
        string bundleId = BundleId,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null,
        RSA? key = null,
        byte[]? topics = null)
    {
        var subject = new X500DistinguishedNameBuilder();
        if (kind != CertificateKind.NotApple) subject.Add(UserId, bundleId, UniversalTagNumber.UTF8String);
        subject.AddCommonName(kind == CertificateKind.NotApple ? "www.example.com" : $"Apple Push Services: {bundleId}");
        subject.AddOrganizationName("Example Ltd");

        var request = new CertificateRequest(
            subject.Build(), key ?? Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        foreach (var extension in Extensions(kind, topics ?? Topics(bundleId))) request.CertificateExtensions.Add(extension);

        var from = notBefore ?? DateTimeOffset.UtcNow.AddDays(-1);
        using var certificate = request.CreateSelfSigned(from, notAfter ?? from.AddYears(1));
        return X509CertificateLoader.LoadCertificate(certificate.RawData);
    }

    /// <summary>A .p12 of a new certificate and its key; a null password leaves it without one.</summary>
    public static byte[] P12(
        CertificateKind kind,
        string? password = Password,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null)
    {
        using var certificate = Certificate(kind, notBefore: notBefore, notAfter: notAfter);
        return P12(certificate, password);
    }

    /// <summary>A .p12 of this certificate, which was made for <see cref="Key"/>, and the key.</summary>
    public static byte[] P12(
        X509Certificate2 certificate,
        string? password = Password,
        Pkcs12ExportPbeParameters protection = Pkcs12ExportPbeParameters.Pbes2Aes256Sha256)
    {
        using var withKey = certificate.CopyWithPrivateKey(Key);
        return withKey.ExportPkcs12(protection, password);
    }

    /// <summary>A .p12 as Keychain Access writes it when the key is exported instead of the certificate.</summary>
    public static byte[] KeyOnlyP12() => new Pkcs12File { Pairs = [(null, Key)], Password = Password }.Encode();

    /// <summary>A .p12 without a private key.</summary>
    public static byte[] CertificateOnlyP12(CertificateKind kind) =>
        new Pkcs12File { Pairs = [(Certificate(kind), null)], Password = Password }.Encode();

    /// <summary>A .p12 as Keychain Access writes it: the certificate under RC2 of 40 bits, the key under Triple DES.</summary>
    public static byte[] KeychainP12(CertificateKind kind) =>
        new Pkcs12File { Pairs = [(Certificate(kind), Key)], Password = Password, EncryptsCertificates = true }.Encode();

    /// <summary>A .p12 that expired yesterday.</summary>
    public static byte[] ExpiredP12(CertificateKind kind) =>
        P12(kind, notBefore: DateTimeOffset.UtcNow.AddDays(-366), notAfter: DateTimeOffset.UtcNow.AddDays(-1));

    private static IEnumerable<X509Extension> Extensions(CertificateKind kind, byte[] topics)
    {
        // Apple writes an ASN.1 NULL into these extensions.
        if (kind == CertificateKind.Development) yield return new X509Extension(DevelopmentPush, [5, 0], critical: false);
        if (kind is CertificateKind.Production or CertificateKind.Universal)
            yield return new X509Extension(ProductionPush, [5, 0], critical: false);
        if (kind == CertificateKind.Universal)
            yield return new X509Extension(PushTopics, topics, critical: false);
    }

    private static byte[] Topics(string bundleId)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var (topic, use) in new[] { (bundleId, "app"), ($"{bundleId}.voip", "voip") })
            {
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, topic);
                using (writer.PushSequence()) writer.WriteCharacterString(UniversalTagNumber.UTF8String, use);
            }
        }

        return writer.Encode();
    }

    [SuppressMessage("Security", "CA5351", Justification = "It asks whether there is RC2.")]
    private static bool TryRc2()
    {
        try
        {
            using var rc2 = RC2.Create();
            rc2.Key = new byte[5];
            return rc2.EncryptCbc(new byte[8], new byte[8]).Length > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
