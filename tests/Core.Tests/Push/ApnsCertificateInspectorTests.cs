using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

public sealed class ApnsCertificateInspectorTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Fact]
    public void A_push_certificate_is_read_in_full()
    {
        var from = new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero);
        var until = new DateTimeOffset(2032, 3, 4, 5, 6, 7, TimeSpan.Zero);
        using var certificate = TestCertificates.Certificate(CertificateKind.Universal, notBefore: from, notAfter: until);

        var found = Accepted(TestCertificates.P12(certificate), now: from.AddDays(1));

        Assert.Equal("com.example.app", found.BundleId);
        Assert.Equal("Apple Push Services: com.example.app", found.CommonName);
        Assert.Contains("O=Example Ltd", found.Subject, StringComparison.Ordinal);
        Assert.Equal((from, TimeSpan.Zero), (found.NotBefore, found.NotBefore.Offset));
        Assert.Equal((until, TimeSpan.Zero), (found.NotAfter, found.NotAfter.Offset));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(certificate.RawData)), found.Thumbprint);
        Assert.Equal(certificate.Thumbprint.ToLowerInvariant(), found.Sha1Thumbprint);
        Assert.Equal(["com.example.app", "com.example.app.voip"], found.Topics);
    }

    [Theory]
    [InlineData((int)CertificateKind.Development, ApnsEnvironments.Development, false)]
    [InlineData((int)CertificateKind.Production, ApnsEnvironments.Production, false)]
    [InlineData((int)CertificateKind.Universal, ApnsEnvironments.Development | ApnsEnvironments.Production, true)]
    public void A_certificate_serves_the_environments_in_its_extensions(
        int kind, ApnsEnvironments environments, bool isUniversal)
    {
        var found = Accepted(TestCertificates.P12((CertificateKind)kind));

        Assert.Equal((environments, isUniversal), (found.Environments, found.IsUniversal));
    }

    [Fact]
    public void Topics_in_another_form_are_ignored()
    {
        using var certificate = TestCertificates.Certificate(CertificateKind.Universal, topics: [0x30, 0x7f, 0x0c]);

        Assert.Empty(Accepted(TestCertificates.P12(certificate)).Topics);
    }

    [Theory]
    [InlineData(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256)]
    [InlineData(Pkcs12ExportPbeParameters.Pkcs12TripleDesSha1)]
    public void The_usual_protections_open(Pkcs12ExportPbeParameters protection)
    {
        using var certificate = TestCertificates.Certificate(CertificateKind.Production);

        Accepted(TestCertificates.P12(certificate, TestCertificates.Password, protection));
    }

    [FactWithRc2]
    public void An_export_of_Keychain_Access_opens() => Accepted(TestCertificates.KeychainP12(CertificateKind.Production));

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, "")]
    [InlineData("", null)]
    [InlineData("", "")]
    public void No_password_and_an_empty_one_are_the_same(string? protectedBy, string? given) =>
        Accepted(TestCertificates.P12(CertificateKind.Production, protectedBy), given);

    [Fact]
    public void Passwords_in_any_script_work() =>
        Accepted(TestCertificates.P12(CertificateKind.Production, "пароль 密码 🔑"), "пароль 密码 🔑");

    [Theory]
    [InlineData("wrong", ApnsCertificateFault.PasswordWrong)]
    [InlineData("Correct horse", ApnsCertificateFault.PasswordWrong)]
    [InlineData("", ApnsCertificateFault.PasswordMissing)]
    [InlineData(null, ApnsCertificateFault.PasswordMissing)]
    public void A_wrong_password_and_a_missing_one_are_different_faults(string? given, ApnsCertificateFault fault) =>
        Refused(fault, TestCertificates.P12(CertificateKind.Production), given);

    [Fact]
    public void A_password_for_a_file_without_one_is_wrong() =>
        Refused(ApnsCertificateFault.PasswordWrong, TestCertificates.P12(CertificateKind.Production, password: null), "any");

    [Fact]
    public void A_key_exported_without_its_certificate_is_refused() =>
        Refused(ApnsCertificateFault.NoCertificate, TestCertificates.KeyOnlyP12());

    [Fact]
    public void A_certificate_without_its_key_is_refused() =>
        Refused(ApnsCertificateFault.NoPrivateKey, TestCertificates.CertificateOnlyP12(CertificateKind.Production));

    [Fact]
    public void A_certificate_with_the_key_of_another_is_refused() => Refused(
        ApnsCertificateFault.NoPrivateKey,
        File((TestCertificates.Certificate(CertificateKind.Production), TestCertificates.OtherKey)));

    [Fact]
    public void A_certificate_of_another_kind_is_refused() =>
        Refused(ApnsCertificateFault.NotApplePush, TestCertificates.P12(CertificateKind.NotApple));

    [Fact]
    public void A_certificate_of_another_kind_of_key_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=Apple Push Services", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));

        Refused(
            ApnsCertificateFault.NotApplePush,
            certificate.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, TestCertificates.Password));
    }

    [Fact]
    public void A_certificate_without_a_bundle_id_is_refused()
    {
        using var certificate = TestCertificates.Certificate(CertificateKind.Production, bundleId: "");

        Refused(ApnsCertificateFault.NotApplePush, TestCertificates.P12(certificate));
    }

    // A property of a table row holds less than 64 KiB of text.
    [Fact]
    public void A_name_far_longer_than_Apple_s_is_refused()
    {
        using var certificate = TestCertificates.Certificate(CertificateKind.Production, bundleId: new string('b', 10_000));

        Refused(ApnsCertificateFault.NotApplePush, TestCertificates.P12(certificate));
    }

    [Fact]
    public void An_expired_certificate_is_refused() =>
        Refused(ApnsCertificateFault.Expired, TestCertificates.ExpiredP12(CertificateKind.Production));

    [Fact]
    public void A_certificate_is_valid_from_its_first_second_to_its_last()
    {
        var from = new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero);
        var until = from.AddDays(365);
        var file = TestCertificates.P12(CertificateKind.Production, notBefore: from, notAfter: until);

        var early = Refused(ApnsCertificateFault.NotYetValid, file, now: from.AddTicks(-1));
        Accepted(file, now: from);
        Accepted(file, now: until.ToOffset(TimeSpan.FromHours(9)));
        var late = Refused(ApnsCertificateFault.Expired, file, now: until.AddTicks(1));

        Assert.Contains("2031-02-03 04:05:06 UTC", early, StringComparison.Ordinal);
        Assert.Contains("2032-02-03 04:05:06 UTC", late, StringComparison.Ordinal);
    }

    [Fact]
    public void The_certificate_with_a_key_is_chosen_and_not_its_issuer()
    {
        var file = File(
            (TestCertificates.Certificate(CertificateKind.NotApple, key: TestCertificates.OtherKey), null),
            (TestCertificates.Certificate(CertificateKind.Development), TestCertificates.Key));

        Assert.Equal(ApnsEnvironments.Development, Accepted(file).Environments);
    }

    [Fact]
    public void The_valid_certificate_is_chosen_and_not_the_one_that_it_replaced()
    {
        using var current = TestCertificates.Certificate(CertificateKind.Production);
        using var former = TestCertificates.Certificate(
            CertificateKind.Production, notBefore: Now.AddYears(-2), key: TestCertificates.OtherKey);
        var file = File((former, TestCertificates.OtherKey), (current, TestCertificates.Key));

        Assert.Equal(current.Thumbprint, Accepted(file).Sha1Thumbprint, ignoreCase: true);
    }

    [Fact]
    public void Several_valid_certificates_with_their_keys_are_refused()
    {
        using var other = TestCertificates.Certificate(CertificateKind.Production, key: TestCertificates.OtherKey);

        Refused(
            ApnsCertificateFault.SeveralCertificates,
            File(
                (TestCertificates.Certificate(CertificateKind.Development), TestCertificates.Key),
                (other, TestCertificates.OtherKey)));
    }

    [Fact]
    public void Several_certificates_that_share_a_key_are_refused() => Refused(
        ApnsCertificateFault.SeveralCertificates,
        File(
            (TestCertificates.Certificate(CertificateKind.Development), TestCertificates.Key),
            (TestCertificates.Certificate(CertificateKind.Production), null)));

    [Fact]
    public void Files_of_another_kind_are_refused()
    {
        using var certificate = TestCertificates.Certificate(CertificateKind.Production);

        Refused(ApnsCertificateFault.NotPkcs12, []);
        Refused(ApnsCertificateFault.NotPkcs12, certificate.RawData);
        Refused(ApnsCertificateFault.NotPkcs12, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));
        Refused(ApnsCertificateFault.NotPkcs12, TestCertificates.Key.ExportPkcs8PrivateKey());
        Refused(ApnsCertificateFault.NotPkcs12, TestCertificates.P12(certificate)[..^1]);
    }

    [Fact]
    public void Damage_inside_a_file_and_a_file_of_another_kind_are_different_faults()
    {
        var file = File((TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key));
        var type = file.AsSpan().IndexOf(X509CertificateType);
        file[type - 1] = 0xff;

        Refused(ApnsCertificateFault.Unreadable, file, password: null);
    }

    [Fact]
    public void A_file_over_the_limit_is_refused()
    {
        var file = TestCertificates.P12(CertificateKind.Production);

        Array.Resize(ref file, ApnsCertificateInspector.MaxFileSize);
        Accepted(file);
        Array.Resize(ref file, ApnsCertificateInspector.MaxFileSize + 1);
        Refused(ApnsCertificateFault.TooLarge, file);
    }

    [Fact]
    public void A_result_contains_no_part_of_the_key_or_the_password()
    {
        var file = TestCertificates.P12(CertificateKind.Production);
        var results = new[]
        {
            ApnsCertificateInspector.Inspect(file, TestCertificates.Password, Now),
            ApnsCertificateInspector.Inspect(file, "hunter2", Now),
            ApnsCertificateInspector.Inspect(file, TestCertificates.Password, Now.AddYears(9)),
        };

        var shown = string.Concat(results.Select(result => $"{JsonSerializer.Serialize(result)} {result} {result.Credential}"));

        Assert.Contains("com.example.app", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(TestCertificates.Password, shown, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("hunter2", shown, StringComparison.OrdinalIgnoreCase);
        var prime = TestCertificates.Key.ExportParameters(includePrivateParameters: true).P!;
        Assert.DoesNotContain(Convert.ToHexString(prime[..8]), shown, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToBase64String(prime[..9]), shown, StringComparison.Ordinal);
    }

    // 1.2.840.113549.1.9.22.1
    private static ReadOnlySpan<byte> X509CertificateType => [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];

    // In clear and without an integrity check.
    private static byte[] File(params (X509Certificate2?, RSA?)[] pairs) => new Pkcs12File { Pairs = pairs }.Encode();

    private static ApnsCertificate Accepted(
        byte[] file, string? password = TestCertificates.Password, DateTimeOffset? now = null)
    {
        var result = ApnsCertificateInspector.Inspect(file, password, now ?? Now);
        Assert.True(result.Accepted, $"{result.Fault}: {result.Message}");
        return result.Credential;
    }

    private static string Refused(
        ApnsCertificateFault fault, byte[] file, string? password = TestCertificates.Password, DateTimeOffset? now = null)
    {
        var result = ApnsCertificateInspector.Inspect(file, password, now ?? Now);
        Assert.False(result.Accepted);
        Assert.Equal(fault, result.Fault);
        Assert.Null(result.Credential);
        return result.Message;
    }
}
