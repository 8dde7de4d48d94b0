using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

public sealed class ApnsCertificatePairTests
{
    private static readonly ApnsCertificate Development = Certificate(CertificateKind.Development);
    private static readonly ApnsCertificate Production = Certificate(CertificateKind.Production);
    private static readonly ApnsCertificate Universal = Certificate(CertificateKind.Universal);

    [Fact]
    public void Certificates_in_their_own_environments_are_accepted()
    {
        var result = ApnsCertificatePair.Inspect(Development, Production);

        Assert.True(result.Accepted);
        Assert.Equal((Development, Production), (result.Credential.Development, result.Credential.Production));
    }

    [Fact]
    public void One_certificate_alone_is_accepted_in_its_environment()
    {
        Assert.True(ApnsCertificatePair.Inspect(Development, null).Accepted);
        Assert.True(ApnsCertificatePair.Inspect(null, Production).Accepted);
    }

    [Fact]
    public void A_universal_certificate_is_accepted_for_either_environment()
    {
        Assert.True(ApnsCertificatePair.Inspect(Universal, null).Accepted);
        Assert.True(ApnsCertificatePair.Inspect(null, Universal).Accepted);
        Assert.True(ApnsCertificatePair.Inspect(Development, Universal).Accepted);
        Assert.True(ApnsCertificatePair.Inspect(Universal, Production).Accepted);
    }

    [Fact]
    public void A_certificate_for_the_other_environment_is_refused()
    {
        Assert.Equal(ApnsCertificateFault.WrongEnvironment, ApnsCertificatePair.Inspect(Production, null).Fault);
        Assert.Equal(ApnsCertificateFault.WrongEnvironment, ApnsCertificatePair.Inspect(null, Development).Fault);
        Assert.Equal(ApnsCertificateFault.WrongEnvironment, ApnsCertificatePair.Inspect(Production, Development).Fault);
        Assert.Equal(
            ApnsCertificateFault.WrongEnvironment,
            ApnsCertificatePair.Inspect(Development, Certificate(CertificateKind.Development)).Fault);
    }

    [Theory]
    [InlineData((int)CertificateKind.Development)]
    [InlineData((int)CertificateKind.Production)]
    [InlineData((int)CertificateKind.Universal)]
    public void One_certificate_for_both_environments_is_refused_with_the_remedy(int kind)
    {
        // Two exports of one certificate differ in every encrypted byte.
        using var certificate = TestCertificates.Certificate((CertificateKind)kind);
        var first = Open(TestCertificates.P12(certificate));
        var second = Open(TestCertificates.P12(certificate));

        var result = ApnsCertificatePair.Inspect(first, second);

        Assert.Equal(ApnsCertificateFault.SameCertificateForBoth, result.Fault);
        Assert.Contains(
            "generate another .csr, upload it to the Apple developer account", result.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_universal_certificate_for_both_environments_is_reported_as_needed_only_once() => Assert.Contains(
        "give it once", ApnsCertificatePair.Inspect(Universal, Universal).Message, StringComparison.Ordinal);

    [Fact]
    public void No_certificate_at_all_throws_ArgumentException() =>
        Assert.Throws<ArgumentException>(() => ApnsCertificatePair.Inspect(null, null));

    private static ApnsCertificate Certificate(CertificateKind kind) => Open(TestCertificates.P12(kind));

    private static ApnsCertificate Open(byte[] file) =>
        ApnsCertificateInspector.Inspect(file, TestCertificates.Password, DateTimeOffset.UtcNow).Credential!;
}
