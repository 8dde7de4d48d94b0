using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

/// <summary>Which of several certificates in a .p12 file is taken. A key belongs to every certificate of its public half.</summary>
public sealed class CertificateChoiceTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly RSA Key = TestCertificates.Key;
    private static readonly RSA OtherKey = TestCertificates.OtherKey;

    [Fact]
    public void A_push_certificate_is_taken_that_shares_its_key_with_another_kind()
    {
        using var push = Of(CertificateKind.Production);
        using var other = Of(CertificateKind.NotApple);

        Taken(push, File((push, Key), (other, null)));
        Taken(push, File((other, Key), (push, null)));
        Taken(push, File((other, null), (push, null), (null, OtherKey), (null, Key)));
    }

    [Fact]
    public void A_certificate_that_is_in_the_file_twice_counts_once()
    {
        using var push = Of(CertificateKind.Production);

        Taken(push, File((push, Key), (push, null)));
        Taken(push, File((push, Key), (push, Key), (push, null)));
    }

    [Fact]
    public void The_renewed_certificate_is_taken_of_two_with_one_key()
    {
        using var push = Of(CertificateKind.Production);
        using var expired = TestCertificates.Certificate(CertificateKind.Production, notBefore: Now.AddDays(-400), notAfter: Now.AddDays(-1));
        using var future = TestCertificates.Certificate(CertificateKind.Production, notBefore: Now.AddDays(1));

        Taken(push, File((expired, Key), (push, null)));
        Taken(push, File((push, Key), (expired, null), (future, null)));
        Assert.Equal(ApnsCertificateFault.NotYetValid, Inspect(File((expired, Key), (future, null))).Fault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_environment_decides_between_certificates_for_different_ones(bool haveOneKey)
    {
        using var development = Of(CertificateKind.Development);
        using var production = TestCertificates.Certificate(CertificateKind.Production, key: haveOneKey ? Key : OtherKey);
        var file = File((development, Key), (production, haveOneKey ? null : OtherKey));

        Taken(development, file, ApnsEnvironments.Development);
        Taken(production, file, ApnsEnvironments.Production);
        var refused = Inspect(file);
        Assert.Equal(ApnsCertificateFault.SeveralCertificates, refused.Fault);
        Assert.Contains("Name the environment", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_real_choice_is_refused_and_both_are_named()
    {
        using var one = Of(CertificateKind.Universal);
        using var two = TestCertificates.Certificate(CertificateKind.Production, "com.example.other", notAfter: Now.AddDays(90));

        foreach (var environment in (ApnsEnvironments[])[ApnsEnvironments.None, ApnsEnvironments.Production])
        {
            var refused = Inspect(File((one, Key), (two, null)), environment);
            Assert.Equal(ApnsCertificateFault.SeveralCertificates, refused.Fault);
            foreach (var part in (string[])[
                "com.example.app", "com.example.other", one.Thumbprint.ToLowerInvariant(), two.Thumbprint.ToLowerInvariant(),
                $"{two.NotAfter.ToUniversalTime():yyyy-MM-dd}"])
            {
                Assert.Contains(part, refused.Message, StringComparison.Ordinal);
            }
        }
        Taken(one, File((one, Key), (two, null)), ApnsEnvironments.Development);
    }

    [Fact]
    public void The_environment_is_not_named_as_a_way_out_where_it_decides_nothing()
    {
        using var one = Of(CertificateKind.Universal);
        using var two = Of(CertificateKind.Universal);

        Assert.DoesNotContain("environment,", Inspect(File((one, Key), (two, null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expired_certificate_for_the_environment_is_told_and_not_the_valid_one_for_the_other()
    {
        using var development = Of(CertificateKind.Development);
        using var expired = TestCertificates.Certificate(CertificateKind.Production, notBefore: Now.AddDays(-400), notAfter: Now.AddDays(-1));

        Assert.Equal(ApnsCertificateFault.Expired, Inspect(File((development, Key), (expired, null)), ApnsEnvironments.Production).Fault);
    }

    [Fact]
    public void Where_none_is_for_the_environment_one_is_found_so_that_its_environment_can_be_refused()
    {
        using var one = Of(CertificateKind.Development);
        using var two = Of(CertificateKind.Development);

        var found = Inspect(File((one, Key), (two, null)), ApnsEnvironments.Production).Credential;

        Assert.Equal(ApnsEnvironments.Development, found?.Environments);
    }

    [Fact]
    public void A_push_certificate_without_its_key_is_told_as_that_beside_another_with_its_key()
    {
        using var push = Of(CertificateKind.Production);
        using var other = TestCertificates.Certificate(CertificateKind.NotApple, key: OtherKey);

        Assert.Equal(ApnsCertificateFault.NoPrivateKey, Inspect(File((push, null), (other, OtherKey))).Fault);
    }

    [Fact]
    public void What_a_file_holds_instead_of_a_push_certificate_is_named()
    {
        using var other = Of(CertificateKind.NotApple);

        var refused = Inspect(File((other, Key)));

        Assert.Equal(ApnsCertificateFault.NotApplePush, refused.Fault);
        Assert.Contains("'www.example.com'", refused.Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Of(CertificateKind kind) => TestCertificates.Certificate(kind);

    private static byte[] File(params (X509Certificate2?, RSA?)[] pairs) => new Pkcs12File { Pairs = pairs }.Encode();

    private static Inspection<ApnsCertificate, ApnsCertificateFault> Inspect(
        byte[] file, ApnsEnvironments environment = ApnsEnvironments.None) =>
        ApnsCertificateInspector.Inspect(file, null, Now, environment);

    private static void Taken(X509Certificate2 expected, byte[] file, ApnsEnvironments environment = ApnsEnvironments.None)
    {
        var result = Inspect(file, environment);
        Assert.True(result.Accepted, $"{result.Fault}: {result.Message}");
        Assert.Equal(expected.Thumbprint, result.Credential.Sha1Thumbprint, ignoreCase: true);
    }
}
