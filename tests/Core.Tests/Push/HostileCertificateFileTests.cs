using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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
    [InlineData(600_001)]
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
    [InlineData(600_000, null)]
    [InlineData(600_001, ApnsCertificateFault.TooCostly)]
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
    [InlineData(480_000, ApnsCertificateFault.PasswordWrong)]
    [InlineData(480_001, ApnsCertificateFault.TooCostly)]
    [InlineData(600_000, ApnsCertificateFault.TooCostly)]
    public void More_rounds_in_all_than_any_exporter_takes_are_refused_before_the_first(int rounds, ApnsCertificateFault fault)
    {
        var file = new Pkcs12File
        {
            // Four keys and the integrity check.
            Pairs = [.. Enumerable.Repeat(((X509Certificate2?)null, (RSA?)TestCertificates.Key), 4)],
            Password = TestCertificates.Password,
            Rounds = 0x010000,
        }.Encode();
        // The rounds are only stated: deriving them would take seconds.
        for (ReadOnlySpan<byte> made = [0x02, 0x03, 0x01, 0x00, 0x00]; file.AsSpan().IndexOf(made) is > 0 and var at;)
            (file[at + 2], file[at + 3], file[at + 4]) = ((byte)(rounds >> 16), (byte)(rounds >> 8), (byte)rounds);

        Assert.Equal(fault, ApnsCertificateInspector.Inspect(file, "wrong", Now).Fault);
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
