using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

/// <summary>A file of another kind is refused with a message that says what it is.</summary>
public sealed class UploadedFileTests
{
    private static readonly X509Certificate2 Certificate = TestCertificates.Certificate(CertificateKind.Production);
    private static readonly byte[] P12 = TestCertificates.P12(CertificateKind.Production);
    private static readonly ECDsa Curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly PbeParameters Protection = new(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1);

    private static readonly Dictionary<string, (Func<byte[]> File, string What)> Kinds = new()
    {
        ["nothing"] = (() => [], "It is empty"),
        ["white space"] = (() => Text(" \r\n"), "It is empty"),
        [".cer"] = (() => Certificate.RawData, "a certificate (.cer), without its private key"),
        [".pem"] = (() => Text(Certificate.ExportCertificatePem()), "a certificate in PEM, without its private key"),
        [".pem in UTF-16"] = (() => [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Certificate.ExportCertificatePem())], "a certificate in PEM"),
        [".pem behind other text"] = (() => Text("Bag Attributes\r\n" + Certificate.ExportCertificatePem()), "a certificate in PEM"),
        [".pem with its key"] = (() => Text(TestCertificates.Key.ExportPkcs8PrivateKeyPem() + "\n" + Certificate.ExportCertificatePem()), "openssl pkcs12 -export"),
        [".p8"] = (() => Text(Curve.ExportPkcs8PrivateKeyPem()), "(.p8), such as Apple issues for authentication by token"),
        [".p8 in DER"] = (() => Curve.ExportPkcs8PrivateKey(), "(.p8), such as Apple issues"),
        ["an EC key in the older form"] = (() => Text(Curve.ExportECPrivateKeyPem()), "(.p8), such as Apple issues"),
        ["an EC key in the older form in DER"] = (() => Curve.ExportECPrivateKey(), "(.p8), such as Apple issues"),
        ["an EC key of a curve that the system lacks"] = (OfUnknownCurve, "damaged"),
        ["an RSA key"] = (() => Text(TestCertificates.Key.ExportPkcs8PrivateKeyPem()), "a private key in PEM, without its certificate"),
        ["an RSA key in the older form"] = (() => Text(TestCertificates.Key.ExportRSAPrivateKeyPem()), "a private key in PEM"),
        ["an RSA key in DER"] = (() => TestCertificates.Key.ExportPkcs8PrivateKey(), "a private key, without its certificate"),
        ["an RSA key in the older form in DER"] = (() => TestCertificates.Key.ExportRSAPrivateKey(), "a private key, without its certificate"),
        ["an encrypted key"] = (() => Text(TestCertificates.Key.ExportEncryptedPkcs8PrivateKeyPem("x", Protection)), "an encrypted private key"),
        ["an encrypted key in DER"] = (() => TestCertificates.Key.ExportEncryptedPkcs8PrivateKey("x", Protection), "an encrypted private key"),
        ["a public key"] = (() => Text(TestCertificates.Key.ExportSubjectPublicKeyInfoPem()), "a public key"),
        ["a public key in DER"] = (() => TestCertificates.Key.ExportSubjectPublicKeyInfo(), "a public key"),
        [".csr"] = (() => Text(Request().CreateSigningRequestPem()), "a certificate signing request"),
        [".csr in DER"] = (() => Request().CreateSigningRequest(), "a certificate signing request"),
        [".p7b"] = (() => new X509Certificate2Collection(Certificate).Export(X509ContentType.Pkcs7)!, "PKCS#7"),
        [".mobileprovision"] = (Profile, "a provisioning profile"),
        ["Base64"] = (() => Text(Convert.ToBase64String(P12, Base64FormattingOptions.InsertLineBreaks)), "a .p12 file as Base64 text"),
        ["Base64 for URLs"] = (() => Text(Convert.ToBase64String(P12).Replace('+', '-').Replace('/', '_').TrimEnd('=')), "a .p12 file as Base64 text"),
        ["a data URL"] = (() => Text("data:application/x-pkcs12;base64," + Convert.ToBase64String(P12)), "a .p12 file as Base64 text"),
        ["Base64 in quotes"] = (() => Text($"\"{Convert.ToBase64String(P12)}\"\n"), "a .p12 file as Base64 text"),
        ["Base64 of a .cer"] = (() => Text(Convert.ToBase64String(Certificate.RawData)), "Base64 text of another file. It is a certificate"),
        [".p12 in PEM"] = (() => Text($"-----BEGIN PKCS12-----\n{Convert.ToBase64String(P12)}\n-----END PKCS12-----"), "a .p12 file in PEM"),
        ["a .p12 read as text"] = (() => Text(Encoding.UTF8.GetString(P12)), "bytes that are not text were replaced"),
        ["a truncated .p12"] = (() => P12[..^1], "incomplete"),
        ["half a .p12"] = (() => P12[..(P12.Length / 2)], "incomplete"),
        ["a .p12 whose LF became CR LF"] = (() => Bytes(Latin1(P12).Replace("\n", "\r\n", StringComparison.Ordinal)), "its line ends were replaced"),
        [".jks"] = (() => [0xFE, 0xED, 0xFE, 0xED, .. new byte[99]], "keytool -importkeystore"),
        [".zip"] = (() => [.. "PK"u8, 3, 4, .. new byte[99]], "a zip archive"),
        ["gzip"] = (() => [0x1F, 0x8B, .. new byte[99]], "gzip"),
        ["JSON"] = (() => Text("{\"apns\": true}"), "It is JSON"),
        ["a service account"] = (() => Text(TestServiceAccounts.Json().ToJsonString()), "service account"),
        ["a web page"] = (() => Text("<!DOCTYPE html>\n<HTML>"), "a web page"),
        ["a property list"] = (() => Text("<?xml version=\"1.0\"?><plist/>"), "a property list"),
        ["a path"] = (() => Text("@certificate.p12"), "the file's name instead of its content"),
        ["zeros"] = (() => new byte[300], "of an unknown kind, or damaged"),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_of_another_kind_is_named(string name)
    {
        var result = ApnsCertificateInspector.Inspect(Kinds[name].File(), null, DateTimeOffset.UtcNow);

        Assert.Equal(ApnsCertificateFault.NotPkcs12, result.Fault);
        Assert.Contains(Kinds[name].What, result.Message, StringComparison.Ordinal);
        Assert.EndsWith("Export the certificate together with its private key as a .p12 (PKCS#12) file.", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_a_service_account_s_key_is_named()
    {
        foreach (var (file, what) in new[]
        {
            (P12, "a .p12 file"), (Text(Curve.ExportPkcs8PrivateKeyPem()), "(.p8)"), (Text("{"), "begins like JSON"), (Certificate.RawData, "(.cer)"),
            (Text("// key\n" + TestServiceAccounts.Json().ToJsonString()), "It is text"), (Array.Empty<byte>(), "It is empty"), (new byte[9], "not text in UTF-8"),
        })
        {
            var result = FcmServiceAccountInspector.Inspect(file);
            Assert.Equal(FcmServiceAccountFault.NotJson, result.Fault);
            Assert.Contains(what, result.Message, StringComparison.Ordinal);
        }
    }

    private static string Latin1(byte[] file) => Encoding.Latin1.GetString(file);

    private static byte[] Bytes(string latin1) => Encoding.Latin1.GetBytes(latin1);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static CertificateRequest Request() =>
        new("CN=Push", TestCertificates.Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static byte[] OfUnknownCurve()
    {
        var key = Curve.ExportECPrivateKey();
        ReadOnlySpan<byte> p256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        key[key.AsSpan().IndexOf(p256) + p256.Length - 1] = 0x35;
        return key;
    }

    private static byte[] Profile()
    {
        using var signer = Certificate.CopyWithPrivateKey(TestCertificates.Key);
        var cms = new SignedCms(new ContentInfo(Text("<?xml version=\"1.0\"?><plist/>")));
        cms.ComputeSignature(new CmsSigner(signer) { IncludeOption = X509IncludeOption.EndCertOnly });
        return cms.Encode();
    }
}
