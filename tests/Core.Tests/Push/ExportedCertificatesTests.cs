using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;
using Gatehouse.Push;

namespace Gatehouse.Tests.Push;

/// <summary>.p12 files in the many forms that exporters write, and .NET's loader of whole files refuses.</summary>
public sealed class ExportedCertificatesTests
{
    private const string Password = TestCertificates.Password;
    private const string LocalKeyId = "1.2.840.113549.1.9.21";
    private const string FriendlyName = "1.2.840.113549.1.9.20";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    // NSS (Firefox, Thunderbird) takes 600,000 for each of the three.
    [Fact]
    public void As_many_rounds_as_exporters_take_are_read() => Accepted(Sealed(
        600_000, Encrypted(600_000, Certificates(Push())), Shrouded(TestCertificates.Key, Aes(600_000))));

    [Fact]
    public void Rounds_that_only_decryption_shows_are_counted_too()
    {
        foreach (var (rounds, keys) in new[] { (600_001, 1), (500_000, 5) })
        {
            var hidden = Encrypted(1, contents =>
            {
                for (var key = 0; key < keys; key++) contents.AddShroudedKey(TestCertificates.Key, Password, Aes(rounds));
            });
            Assert.Equal(ApnsCertificateFault.TooCostly, Inspect(Sealed(1, hidden)).Fault);
        }
    }

    [Fact]
    public void Attributes_that_are_repeated_or_have_several_values_are_read()
    {
        Accepted(Sealed(1, Plain(contents =>
        {
            var certificate = contents.AddCertificate(Push());
            var key = contents.AddKeyUnencrypted(TestCertificates.Key);
            foreach (var name in (string[])["a", "b"])
            {
                var attribute = new Pkcs9AttributeObject(new Oid(FriendlyName), Encode(writer => writer.WriteCharacterString(UniversalTagNumber.BMPString, name)));
                certificate.Attributes.Add(attribute);
                key.Attributes.Add(attribute);
            }
            foreach (var id in (byte[])[1, 1, 2])
                key.Attributes.Add(new Pkcs9AttributeObject(new Oid(LocalKeyId), Encode(writer => writer.WriteOctetString([id]))));
        })));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(9, false)]
    public void Nested_bags_are_read(int levels, bool isEncrypted)
    {
        void Nest(Pkcs12SafeContents contents, int level)
        {
            if (level == 0)
            {
                contents.AddCertificate(Push());
                contents.AddShroudedKey(TestCertificates.Key, Password, Aes(1));
                return;
            }
            var inner = new Pkcs12SafeContents();
            Nest(inner, level - 1);
            contents.AddNestedContents(inner);
        }

        Accepted(Sealed(1, isEncrypted ? Encrypted(1, contents => Nest(contents, levels)) : Plain(contents => Nest(contents, levels))));
    }

    [Fact]
    public void Keys_of_other_kinds_and_bags_of_other_kinds_do_not_matter()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Accepted(Sealed(1, Plain(contents =>
        {
            contents.AddSecret(new Oid("1.2.3"), new byte[] { 4, 1, 0 });
            contents.AddShroudedKey(curve, Password, Aes(1));
            contents.AddShroudedKey(TestCertificates.OtherKey, "another password", Aes(1));
            contents.AddShroudedKey(TestCertificates.Key, Password, Aes(1));
            contents.AddShroudedKey(TestCertificates.Key, Password, Aes(1));
            contents.AddCertificate(Push());
        })));
    }

    [Fact]
    public void As_many_certificates_as_fit_are_read() => Accepted(Sealed(1, Plain(contents =>
    {
        for (var other = 0; other < 40; other++)
            contents.AddCertificate(TestCertificates.Certificate(CertificateKind.NotApple, key: TestCertificates.OtherKey));
        contents.AddCertificate(Push());
        contents.AddKeyUnencrypted(TestCertificates.Key);
    })));

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData(null, "")]
    public void No_password_is_an_empty_text_or_none_and_both_open(string? protectedBy, string? given)
    {
        var builder = new Pkcs12Builder();
        var contents = new Pkcs12SafeContents();
        contents.AddCertificate(Push());
        contents.AddShroudedKey(TestCertificates.Key, protectedBy, new PbeParameters(PbeEncryptionAlgorithm.TripleDes3KeyPkcs12, HashAlgorithmName.SHA1, 1));
        builder.AddSafeContentsUnencrypted(contents);
        builder.SealWithMac(protectedBy, HashAlgorithmName.SHA256, 1);
        Accepted(builder.Encode(), given);

        builder = new Pkcs12Builder();
        builder.AddSafeContentsUnencrypted(contents);
        builder.SealWithoutIntegrity();
        Accepted(builder.Encode(), given);
    }

    [Fact]
    public void Where_the_right_password_does_not_decrypt_a_part_the_password_is_not_blamed()
    {
        var builder = new Pkcs12Builder();
        builder.AddSafeContentsEncrypted(Filled(Certificates(Push())), "another password", Aes(1));
        builder.SealWithMac(Password, HashAlgorithmName.SHA256, 1);

        var result = Inspect(builder.Encode());

        Assert.Equal(ApnsCertificateFault.Unreadable, result.Fault);
        Assert.StartsWith("This server's cryptography refused the .p12 file: the password passes", result.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong", ApnsCertificateFault.PasswordWrong, "it is not known which")]
    [InlineData(null, ApnsCertificateFault.PasswordMissing, "If it has none")]
    public void Without_an_integrity_check_it_is_not_known_that_the_password_is_wrong(string? given, ApnsCertificateFault fault, string message)
    {
        var builder = new Pkcs12Builder();
        builder.AddSafeContentsEncrypted(Filled(Certificates(Push())), Password, Aes(1));
        builder.SealWithoutIntegrity();

        var result = Inspect(builder.Encode(), given);

        Assert.Equal(fault, result.Fault);
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_integrity_check_of_an_unknown_kind_is_told_as_that()
    {
        var file = TestCertificates.KeyOnlyP12();
        // The hash of the integrity check, SHA-1, becomes one that nobody knows.
        ReadOnlySpan<byte> sha1 = [0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a];
        file[file.AsSpan().LastIndexOf(sha1) + sha1.Length - 1] = 0x7f;

        var result = Inspect(file);

        Assert.Equal(ApnsCertificateFault.Unreadable, result.Fault);
        Assert.Contains("its integrity check is of an unknown kind", result.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Password + "\n", true)]
    [InlineData(" " + Password, true)]
    [InlineData("wrong", false)]
    public void White_space_around_a_wrong_password_is_named(string given, bool isNamed) => Assert.Equal(
        isNamed,
        Inspect(TestCertificates.P12(CertificateKind.Production), given).Message!.Contains("white space", StringComparison.Ordinal));

    // .NET reads nested bags by recursion, as deep as they go.
    [Fact]
    public async Task The_deepest_nesting_that_fits_ends_in_a_refusal()
    {
        byte[] bags = Encode(writer => writer.PushSequence().Dispose());
        for (var level = 0; level < 1850; level++)
        {
            var inner = bags;
            bags = Encode(writer =>
            {
                using (writer.PushSequence())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.2.840.113549.1.12.10.1.6");
                    using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteEncodedValue(inner);
                }
            });
        }
        byte[] Content(byte[] content) => Encode(writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.113549.1.7.1");
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteOctetString(content);
            }
        });
        var file = Encode(writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(3);
                writer.WriteEncodedValue(Content(Encode(parts =>
                {
                    using (parts.PushSequence()) parts.WriteEncodedValue(Content(bags));
                })));
            }
        });
        Assert.InRange(file.Length, ApnsCertificateInspector.MaxFileSize - 4096, ApnsCertificateInspector.MaxFileSize);

        using var inspections = new Inspections();
        var result = await inspections.RunAsync(() => Inspect(file), isCostly: false, CancellationToken.None);

        Assert.False(result.Accepted);
    }

    private static X509Certificate2 Push() => TestCertificates.Certificate(CertificateKind.Production);

    private static PbeParameters Aes(int rounds) => new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, rounds);

    private static Action<Pkcs12SafeContents> Certificates(params X509Certificate2[] certificates) => contents =>
    {
        foreach (var certificate in certificates) contents.AddCertificate(certificate);
    };

    private static Pkcs12SafeContents Filled(Action<Pkcs12SafeContents> fill)
    {
        var contents = new Pkcs12SafeContents();
        fill(contents);
        return contents;
    }

    private static Action<Pkcs12Builder> Plain(Action<Pkcs12SafeContents> fill) => builder => builder.AddSafeContentsUnencrypted(Filled(fill));

    private static Action<Pkcs12Builder> Encrypted(int rounds, Action<Pkcs12SafeContents> fill) =>
        builder => builder.AddSafeContentsEncrypted(Filled(fill), Password, Aes(rounds));

    private static Action<Pkcs12Builder> Shrouded(RSA key, PbeParameters protection) =>
        Plain(contents => contents.AddShroudedKey(key, Password, protection));

    private static byte[] Sealed(int rounds, params Action<Pkcs12Builder>[] parts)
    {
        var builder = new Pkcs12Builder();
        foreach (var part in parts) part(builder);
        builder.SealWithMac(Password, HashAlgorithmName.SHA256, rounds);
        return builder.Encode();
    }

    private static byte[] Encode(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }

    private static Inspection<ApnsCertificate, ApnsCertificateFault> Inspect(byte[] file, string? password = Password) =>
        ApnsCertificateInspector.Inspect(file, password, Now);

    private static void Accepted(byte[] file, string? password = Password)
    {
        var result = Inspect(file, password);
        Assert.True(result.Accepted, $"{result.Fault}: {result.Message}");
    }
}
