using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gatehouse.Tests;

/// <summary>
/// A PKCS#12 file (RFC 7292) built piece by piece, for files that .NET cannot export: keys without certificates, keys of
/// other certificates, no integrity check, hostile numbers of rounds, and the RC2 that Keychain Access still uses for
/// certificates.
/// </summary>
[SuppressMessage("Security", "CA5350", Justification = "The format's SHA-1, as the exporters in use write it.")]
[SuppressMessage("Security", "CA5351", Justification = "The format's RC2, as Keychain Access writes it.")]
internal sealed class Pkcs12File
{
    private const string Data = "1.2.840.113549.1.7.1";
    private const string EncryptedData = "1.2.840.113549.1.7.6";
    private const string Rc2With40Bits = "1.2.840.113549.1.12.1.6";
    private const string KeyBag = "1.2.840.113549.1.12.10.1.1";
    private const string ShroudedKeyBag = "1.2.840.113549.1.12.10.1.2";
    private const string CertificateBag = "1.2.840.113549.1.12.10.1.3";
    private const string X509Certificate = "1.2.840.113549.1.9.22.1";
    private const string LocalKeyId = "1.2.840.113549.1.9.21";
    private const string Sha1 = "1.3.14.3.2.26";

    // "Purpose" bytes of the key derivation, RFC 7292, B.3.
    private const byte ForKey = 1;
    private const byte ForInitializationVector = 2;
    private const byte ForMac = 3;

    /// <summary>What is inside; each pair shares a local key id.</summary>
    public required IReadOnlyList<(X509Certificate2? Certificate, RSA? Key)> Pairs { get; init; }

    /// <summary>The password; null leaves everything in clear and the file without an integrity check.</summary>
    public string? Password { get; init; }

    /// <summary>Whether the certificates are encrypted with 40-bit RC2; only with a password.</summary>
    public bool EncryptsCertificates { get; init; }

    /// <summary>Whether there is an integrity check; only with a password.</summary>
    public bool IsSealed { get; init; } = true;

    /// <summary>The rounds of every key derivation.</summary>
    public int Rounds { get; init; } = 2048;

    /// <summary>The rounds that the integrity check claims, where it lies.</summary>
    public int? ClaimedRounds { get; init; }

    /// <summary>The file's bytes.</summary>
    public byte[] Encode()
    {
        var authenticatedSafe = Write(writer =>
        {
            using (writer.PushSequence())
            {
                WriteSafe(writer, Bags(WriteCertificateBags), encrypted: EncryptsCertificates && Password is not null);
                WriteSafe(writer, Bags(WriteKeyBags), encrypted: false);
            }
        });
        return Write(writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(3);
                WriteSafe(writer, authenticatedSafe, encrypted: false);
                if (Password is not null && IsSealed) WriteMac(writer, authenticatedSafe);
            }
        });
    }

    private static byte[] Bags(Action<AsnWriter> writeBags) => Write(writer =>
    {
        using (writer.PushSequence()) writeBags(writer);
    });

    private void WriteCertificateBags(AsnWriter writer)
    {
        for (var i = 0; i < Pairs.Count; i++)
        {
            if (Pairs[i].Certificate is not { } certificate) continue;
            WriteBag(writer, CertificateBag, (byte)i, value =>
            {
                using (value.PushSequence())
                {
                    value.WriteObjectIdentifier(X509Certificate);
                    using (value.PushSequence(Explicit)) value.WriteOctetString(certificate.RawData);
                }
            });
        }
    }

    private void WriteKeyBags(AsnWriter writer)
    {
        var protection = new PbeParameters(PbeEncryptionAlgorithm.TripleDes3KeyPkcs12, HashAlgorithmName.SHA1, Rounds);
        for (var i = 0; i < Pairs.Count; i++)
        {
            if (Pairs[i].Key is not { } key) continue;
            var encoded = Password is null
                ? key.ExportPkcs8PrivateKey()
                : key.ExportEncryptedPkcs8PrivateKey(Password, protection);
            var kind = Password is null ? KeyBag : ShroudedKeyBag;
            WriteBag(writer, kind, (byte)i, value => value.WriteEncodedValue(encoded));
        }
    }

    private static void WriteBag(AsnWriter writer, string kind, byte keyId, Action<AsnWriter> writeValue)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(kind);
            using (writer.PushSequence(Explicit)) writeValue(writer);
            using (writer.PushSetOf())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(LocalKeyId);
                using (writer.PushSetOf()) writer.WriteOctetString([keyId]);
            }
        }
    }

    private void WriteSafe(AsnWriter writer, byte[] content, bool encrypted)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(encrypted ? EncryptedData : Data);
            using (writer.PushSequence(Explicit))
            {
                if (encrypted) WriteEncrypted(writer, content);
                else writer.WriteOctetString(content);
            }
        }
    }

    private void WriteEncrypted(AsnWriter writer, byte[] content)
    {
        var salt = RandomNumberGenerator.GetBytes(8);
        using var rc2 = RC2.Create();
        rc2.Key = Derive(ForKey, salt)[..5];
        var encrypted = rc2.EncryptCbc(content, Derive(ForInitializationVector, salt)[..8]);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Data);
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Rc2With40Bits);
                    using (writer.PushSequence())
                    {
                        writer.WriteOctetString(salt);
                        writer.WriteInteger(Rounds);
                    }
                }

                writer.WriteOctetString(encrypted, new Asn1Tag(TagClass.ContextSpecific, 0));
            }
        }
    }

    private void WriteMac(AsnWriter writer, byte[] content)
    {
        var salt = RandomNumberGenerator.GetBytes(8);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Sha1);
                    writer.WriteNull();
                }

                writer.WriteOctetString(HMACSHA1.HashData(Derive(ForMac, salt), content));
            }

            writer.WriteOctetString(salt);
            writer.WriteInteger(ClaimedRounds ?? Rounds);
        }
    }

    // RFC 7292, B.2, for results within one SHA-1, which all of these are.
    private byte[] Derive(byte purpose, byte[] salt)
    {
        var diversifier = Enumerable.Repeat(purpose, 64);
        var secret = Encoding.BigEndianUnicode.GetBytes(Password + "\0");
        var hash = SHA1.HashData([.. diversifier, .. Fill(salt), .. Fill(secret)]);
        for (var round = 1; round < Rounds; round++) hash = SHA1.HashData(hash);
        return hash;
    }

    // Repeated until it fills whole blocks of 64 bytes.
    private static IEnumerable<byte> Fill(byte[] value) =>
        Enumerable.Range(0, (value.Length + 63) / 64 * 64).Select(i => value[i % value.Length]);

    private static Asn1Tag Explicit => new(TagClass.ContextSpecific, 0, isConstructed: true);

    private static byte[] Write(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }
}
