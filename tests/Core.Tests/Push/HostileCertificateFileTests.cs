using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

public sealed class HostileCertificateFileTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    [Fact]
    public void Random_bytes_end_in_a_refusal() => Properties.Check(
        from size in Gen.Choose(0, 4096)
        from seed in Gen.Choose(0, int.MaxValue)
        select RandomBytes(size, seed),
        file => Assert.False(Verdict(file).Accepted),
        tests: 1000);

    [Fact]
    public void Random_bytes_behind_the_start_of_a_file_end_in_a_refusal()
    {
        var valid = TestCertificates.P12(CertificateKind.Production);
        Properties.Check(
            from kept in Gen.Choose(1, valid.Length / 2)
            from seed in Gen.Choose(0, int.MaxValue)
            select (byte[])[.. valid[..kept], .. RandomBytes(valid.Length - kept, seed)],
            file => Assert.False(Verdict(file).Accepted),
            tests: 200);
    }

    [Fact]
    public void A_truncated_file_is_not_a_pkcs12_file()
    {
        var valid = TestCertificates.P12(CertificateKind.Production);
        for (var length = 0; length < valid.Length; length++)
            Assert.Equal(ApnsCertificateFault.NotPkcs12, Verdict(valid[..length]).Fault);
    }

    [Fact]
    public void A_changed_byte_in_a_protected_file_never_gives_another_certificate()
    {
        var valid = TestCertificates.P12(CertificateKind.Production);
        var thumbprint = Verdict(valid).Credential!.Thumbprint;
        Properties.Check(
            Corrupted(valid),
            file =>
            {
                var verdict = Verdict(file);
                if (verdict.Accepted) Assert.Equal(thumbprint, verdict.Credential.Thumbprint);
            },
            tests: 300);
    }

    // Without an integrity check, the change reaches the readers of the certificate and of the key.
    [Fact]
    public void A_changed_byte_in_an_unprotected_file_gives_a_result()
    {
        var file = new Pkcs12File { Pairs = [(TestCertificates.Certificate(CertificateKind.Universal), TestCertificates.Key)] };
        Properties.Check(Corrupted(file.Encode()), changed => Verdict(changed), tests: 1000);
    }

    // If the stated rounds were carried out, the last of these would take a quarter of an hour.
    [Theory]
    [InlineData(100_001)]
    [InlineData(int.MaxValue)]
    public void More_rounds_of_the_integrity_check_than_any_exporter_takes_are_refused(int rounds)
    {
        var file = new Pkcs12File
        {
            Pairs = [(TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key)],
            Password = TestCertificates.Password,
            ClaimedRounds = rounds,
        };

        Assert.Equal(ApnsCertificateFault.TooCostly, Verdict(file.Encode()).Fault);
    }

    [Theory]
    [InlineData(100_000, null)]
    [InlineData(100_001, ApnsCertificateFault.TooCostly)]
    public void More_rounds_of_encryption_than_any_exporter_takes_are_refused(int rounds, ApnsCertificateFault? fault)
    {
        var file = new Pkcs12File
        {
            Pairs = [(TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key)],
            Password = TestCertificates.Password,
            IsSealed = false,
            Rounds = rounds,
        };

        Assert.Equal(fault, Verdict(file.Encode()).Fault);
    }

    // The fault is another one than that of a wrong password, so nothing was derived.
    [Theory]
    [InlineData(66_666, ApnsCertificateFault.PasswordWrong)]
    [InlineData(66_667, ApnsCertificateFault.TooCostly)]
    [InlineData(99_999, ApnsCertificateFault.TooCostly)]
    public void More_rounds_in_all_than_any_exporter_takes_are_refused_before_the_first(int rounds, ApnsCertificateFault fault)
    {
        var file = new Pkcs12File
        {
            Pairs = [(TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key)],
            Password = TestCertificates.Password,
            EncryptsCertificates = true,
            Rounds = rounds,
        };

        Assert.Equal(fault, ApnsCertificateInspector.Inspect(file.Encode(), "wrong", Now).Fault);
    }

    [Theory]
    [InlineData(15, null)]
    [InlineData(16, ApnsCertificateFault.TooCostly)]
    public void More_certificates_than_any_export_holds_are_refused(int others, ApnsCertificateFault? fault)
    {
        using var other = TestCertificates.Certificate(CertificateKind.NotApple, key: TestCertificates.OtherKey);
        var file = new Pkcs12File
        {
            Pairs =
            [
                (TestCertificates.Certificate(CertificateKind.Production), TestCertificates.Key),
                .. Enumerable.Repeat((other, (RSA?)null), others),
            ],
        };

        Assert.Equal(fault, Verdict(file.Encode()).Fault);
    }

    private static Inspection<ApnsCertificate, ApnsCertificateFault> Verdict(byte[] file)
    {
        var result = ApnsCertificateInspector.Inspect(file, TestCertificates.Password, Now);
        Assert.Equal(result.Accepted, result.Fault is null);
        Assert.Equal(result.Accepted, string.IsNullOrEmpty(result.Message));
        return result;
    }

    private static Gen<byte[]> Corrupted(byte[] valid) =>
        from index in Gen.Choose(0, valid.Length - 1)
        from value in Gen.Choose(0, 255)
        select (byte[])[.. valid[..index], (byte)value, .. valid[(index + 1)..]];

    private static byte[] RandomBytes(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
