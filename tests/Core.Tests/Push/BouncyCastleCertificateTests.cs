using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gatehouse.Push;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace Gatehouse.Tests.Push;

/// <summary>
/// .p12 files that Bouncy Castle wrote. It writes the keys before the certificates and the outer parts in BER; .NET does
/// neither.
/// </summary>
public sealed class BouncyCastleCertificateTests
{
    private const string TripleDes = "1.2.840.113549.1.12.1.3";
    private const string TwoKeyTripleDes = "1.2.840.113549.1.12.1.4";
    private const string Rc2With128Bits = "1.2.840.113549.1.12.1.5";
    private const string Rc2With40Bits = "1.2.840.113549.1.12.1.6";

    /// <summary>The ciphers of PBES2 and the functions that derive their keys.</summary>
    public static TheoryData<string, string> Schemes
    {
        get
        {
            var schemes = new TheoryData<string, string>();
            foreach (var cipher in new[] { NistObjectIdentifiers.IdAes128Cbc, NistObjectIdentifiers.IdAes192Cbc, NistObjectIdentifiers.IdAes256Cbc })
            {
                foreach (var function in new[]
                {
                    PkcsObjectIdentifiers.IdHmacWithSha1, PkcsObjectIdentifiers.IdHmacWithSha256,
                    PkcsObjectIdentifiers.IdHmacWithSha384, PkcsObjectIdentifiers.IdHmacWithSha512,
                })
                {
                    schemes.Add(cipher.Id, function.Id);
                }
            }

            return schemes;
        }
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Files_protected_with_AES_open(string cipher, string function)
    {
        var (algorithm, derivation) = (new DerObjectIdentifier(cipher), new DerObjectIdentifier(function));
        Opens(builder => builder.SetCertAlgorithm(algorithm, derivation).SetKeyAlgorithm(algorithm, derivation));
    }

    [Theory]
    [InlineData(TripleDes)]
    [InlineData(TwoKeyTripleDes)]
    public void Files_protected_with_Triple_DES_open(string scheme) => Opens(ProtectedWith(scheme));

    [FactWithRc2]
    public void Files_protected_with_RC2_open()
    {
        Opens(ProtectedWith(Rc2With40Bits));
        Opens(ProtectedWith(Rc2With128Bits));
        // The defaults of Bouncy Castle: RC2 of 40 bits for the certificates, Triple DES for the key.
        Opens(builder => builder);
    }

    [Fact]
    public void A_file_in_DER_opens() => Opens(builder => ProtectedWith(TripleDes)(builder).SetUseDerEncoding(true));

    [Fact]
    public void Bags_in_reverse_order_open() => Opens(builder => ProtectedWith(TripleDes)(builder).SetReverseCertificates(true));

    [Fact]
    public void Certificates_in_clear_beside_an_encrypted_key_open() =>
        Opens(builder => builder.SetCertAlgorithm(null).SetKeyAlgorithm(new DerObjectIdentifier(TripleDes)));

    [Fact]
    public void A_key_in_clear_beside_encrypted_certificates_opens() =>
        Opens(builder => builder.SetCertAlgorithm(new DerObjectIdentifier(TripleDes)).SetKeyAlgorithm(null));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("пароль")]
    public void Files_with_no_empty_and_foreign_passwords_open(string? password) => Opens(ProtectedWith(TripleDes), password);

    // .NET derives another key from some of these passwords than Bouncy Castle and OpenSSL do.
    [Theory]
    [InlineData("p😀w")]
    [InlineData("a😀b")]
    [InlineData("😀")]
    public void A_password_with_an_emoji_opens_or_is_told_as_a_refusal_of_this_server(string password)
    {
        using var push = TestCertificates.Certificate(CertificateKind.Universal);
        var result = Inspect(Write(ProtectedWith(TripleDes), password, push, TestCertificates.Key), password);
        if (result.Accepted) return;
        Assert.Equal(ApnsCertificateFault.Unreadable, result.Fault);
        Assert.Contains("This server's cryptography refused the .p12 file: its password has an emoji", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_push_certificate_is_found_among_other_entries()
    {
        using var push = TestCertificates.Certificate(CertificateKind.Universal);
        using var issuerKey = RSA.Create(2048);
        using var issuer = TestCertificates.Certificate(CertificateKind.NotApple, key: issuerKey);
        using var web = TestCertificates.Certificate(CertificateKind.NotApple, key: TestCertificates.OtherKey);
        var file = Write(ProtectedWith(TripleDes), TestCertificates.Password, store =>
        {
            store.SetCertificateEntry("issuer", new X509CertificateEntry(Read(issuer)));
            Add(store, "web", web, TestCertificates.OtherKey);
            Add(store, "push", push, TestCertificates.Key);
        });
        IsOf(push, Inspect(file));
    }

    [Theory]
    [InlineData("wrong", ApnsCertificateFault.PasswordWrong)]
    [InlineData(null, ApnsCertificateFault.PasswordMissing)]
    public void A_wrong_password_and_a_missing_one_have_different_problems(string? given, ApnsCertificateFault fault)
    {
        using var push = TestCertificates.Certificate(CertificateKind.Production);
        Assert.Equal(fault, Inspect(Write(ProtectedWith(TripleDes), TestCertificates.Password, push, TestCertificates.Key), given).Fault);
    }

    [Fact]
    public void A_certificate_with_the_key_of_another_is_refused()
    {
        using var push = TestCertificates.Certificate(CertificateKind.Production);
        var file = Write(ProtectedWith(TripleDes), TestCertificates.Password, push, TestCertificates.OtherKey);
        Assert.Equal(ApnsCertificateFault.NoPrivateKey, Inspect(file).Fault);
    }

    private static Func<Pkcs12StoreBuilder, Pkcs12StoreBuilder> ProtectedWith(string scheme) => builder =>
        builder.SetCertAlgorithm(new DerObjectIdentifier(scheme)).SetKeyAlgorithm(new DerObjectIdentifier(scheme));

    // The inspector accepts a certificate only with its own key, so a result says that both were read.
    private static void Opens(
        Func<Pkcs12StoreBuilder, Pkcs12StoreBuilder> protection, string? password = TestCertificates.Password)
    {
        using var push = TestCertificates.Certificate(CertificateKind.Universal);
        IsOf(push, Inspect(Write(protection, password, push, TestCertificates.Key), password));
    }

    private static void IsOf(X509Certificate2 push, Inspection<ApnsCertificate, ApnsCertificateFault> result)
    {
        Assert.True(result.Accepted, $"{result.Fault}: {result.Message}");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(push.RawData)), result.Credential.Thumbprint);
        Assert.Equal(TestCertificates.BundleId, result.Credential.BundleId);
        Assert.Equal((push.NotBefore.ToUniversalTime(), push.NotAfter.ToUniversalTime()),
            (result.Credential.NotBefore.UtcDateTime, result.Credential.NotAfter.UtcDateTime));
        Assert.True(result.Credential.IsUniversal);
    }

    private static Inspection<ApnsCertificate, ApnsCertificateFault> Inspect(
        byte[] file, string? password = TestCertificates.Password) =>
        ApnsCertificateInspector.Inspect(file, password, DateTimeOffset.UtcNow);

    private static byte[] Write(
        Func<Pkcs12StoreBuilder, Pkcs12StoreBuilder> protection, string? password, Action<Pkcs12Store> fill)
    {
        var store = protection(new Pkcs12StoreBuilder()).Build();
        fill(store);
        using var file = new MemoryStream();
        store.Save(file, password?.ToCharArray(), new SecureRandom());
        return file.ToArray();
    }

    private static byte[] Write(
        Func<Pkcs12StoreBuilder, Pkcs12StoreBuilder> protection, string? password, X509Certificate2 certificate, RSA key) =>
        Write(protection, password, store => Add(store, "push", certificate, key));

    private static void Add(Pkcs12Store store, string alias, X509Certificate2 certificate, RSA key) => store.SetKeyEntry(
        alias, new AsymmetricKeyEntry(DotNetUtilities.GetRsaKeyPair(key).Private), [new X509CertificateEntry(Read(certificate))]);

    private static Org.BouncyCastle.X509.X509Certificate Read(X509Certificate2 certificate) => new X509CertificateParser().ReadCertificate(certificate.RawData);
}
