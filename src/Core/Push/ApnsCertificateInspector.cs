using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using ApnsInspection = Gatehouse.Push.Inspection<Gatehouse.Push.ApnsCertificate, Gatehouse.Push.ApnsCertificateFault>;

namespace Gatehouse.Push;

/// <summary>Opens an uploaded .p12 file and checks whether it can send push notifications through Apple's service.</summary>
/// <remarks>
/// Apple's signature is not checked: a forged certificate grants nothing here, and Apple's service refuses it. Any sequence
/// of bytes gets a result, never an exception; the worst takes about a second.
/// </remarks>
public static class ApnsCertificateInspector
{
    /// <summary>
    /// The most bytes of a file. An export has 3 to 10 KiB. Up to this size it also fits, encrypted, into the 64 KiB of one
    /// table property.
    /// </summary>
    public const int MaxFileSize = 48 * 1024;

    private const string Pkcs7Data = "1.2.840.113549.1.7.1";
    private const string Pkcs7SignedData = "1.2.840.113549.1.7.2";

    // ERROR_INVALID_PASSWORD: the loader's HResult when the integrity check or the decryption fails.
    private const int InvalidPassword = unchecked((int)0x80070056);

    // Exporters use up to 100,000 rounds for the integrity check and 50,000 for each of the two encryptions (the JDK), so
    // 200,000 in all; most use 2,048. Without a bound, a file of 2 KiB could ask for hours.
    private const int MostRounds = 200_000;

    private static readonly Pkcs12LoaderLimits Limits = new()
    {
        MacIterationLimit = 100_000,
        IndividualKdfIterationLimit = 100_000,
        TotalKdfIterationLimit = MostRounds,
        MaxKeys = 16,
        MaxCertificates = 16,
    };

    // Only macOS has no keys outside a key chain. There the loader creates an encrypted key chain and removes it with the
    // certificate.
    private static X509KeyStorageFlags KeyStorage =>
        OperatingSystem.IsMacOS() ? X509KeyStorageFlags.DefaultKeySet : X509KeyStorageFlags.EphemeralKeySet;

    /// <summary>Checks a .p12 file at an instant.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="password">The file's password; null or empty for none.</param>
    /// <param name="now">The instant at which the certificate must be valid.</param>
    public static ApnsInspection Inspect(ReadOnlyMemory<byte> file, string? password, DateTimeOffset now) =>
        Look(file) ?? Open(file.Span, password, now);

    /// <summary>Refuses what can be refused without deriving a key; null where the file has to be opened.</summary>
    /// <param name="file">The file's bytes.</param>
    internal static ApnsInspection? Look(ReadOnlyMemory<byte> file) =>
        file.Length > MaxFileSize ? ApnsRefusals.TooLarge
        : !IsPkcs12(file.Span) ? ApnsRefusals.NotPkcs12
        : Pkcs12Rounds.Of(file) > MostRounds ? ApnsRefusals.TooCostly
        : null;

    private static ApnsInspection Open(ReadOnlySpan<byte> file, string? password, DateTimeOffset now)
    {

        X509Certificate2Collection certificates = [];
        try
        {
            certificates = Open(file, password, Limits);
            return Judge(certificates, now);
        }
        catch (Pkcs12LoadLimitExceededException)
        {
            return ApnsRefusals.TooCostly;
        }
        catch (CryptographicException refusal) when (refusal.HResult == InvalidPassword)
        {
            return string.IsNullOrEmpty(password) ? ApnsRefusals.PasswordMissing : ApnsRefusals.PasswordWrong;
        }
        catch (CryptographicException)
        {
            return SharesAKey(file, password) ? ApnsRefusals.SeveralCertificates : ApnsRefusals.Unreadable;
        }
        finally
        {
            foreach (var certificate in certificates) certificate.Dispose();
        }
    }

    // The loader reports the same error for a file of another kind and for damage inside a PKCS#12 file. RFC 7292, section
    // 4.
    private static bool IsPkcs12(ReadOnlySpan<byte> file)
    {
        try
        {
            AsnDecoder.ReadSequence(file, AsnEncodingRules.BER, out var start, out var length, out _);
            var pfx = file.Slice(start, length);
            if (!AsnDecoder.TryReadInt32(pfx, AsnEncodingRules.BER, out var version, out var read) || version != 3) return false;

            pfx = pfx[read..];
            AsnDecoder.ReadSequence(pfx, AsnEncodingRules.BER, out start, out length, out _);
            return AsnDecoder.ReadObjectIdentifier(pfx.Slice(start, length), AsnEncodingRules.BER, out _)
                is Pkcs7Data or Pkcs7SignedData;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static ApnsInspection Judge(X509Certificate2Collection certificates, DateTimeOffset now)
    {
        if (certificates.Count == 0) return ApnsRefusals.NoCertificate;

        // The other certificates are the issuers, which some exporters add.
        var withKey = certificates.Where(HasItsKey).ToList();
        if (withKey.Count == 0) return ApnsRefusals.NoPrivateKey;

        var push = withKey.Select(AppleCertificate.Read).OfType<ApnsCertificate>().ToList();
        if (push.Count == 0) return ApnsRefusals.NotApplePush;

        var valid = push.FindAll(certificate => certificate.NotBefore <= now && now <= certificate.NotAfter);
        if (valid.Count > 1) return ApnsRefusals.SeveralCertificates;
        if (valid.Count == 1) return new(valid[0]);

        var newest = push.MaxBy(certificate => certificate.NotAfter)!;
        return now < newest.NotBefore ? ApnsRefusals.NotYetValid(newest) : ApnsRefusals.Expired(newest);
    }

    // The loader refuses two certificates with one key, which happens when a signing request was used twice.
    private static bool SharesAKey(ReadOnlySpan<byte> file, string? password)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates = Open(file, password, new Pkcs12LoaderLimits(Limits) { IgnorePrivateKeys = true });
            return certificates.Count(certificate => AppleCertificate.Read(certificate) is not null) > 1;
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            foreach (var certificate in certificates) certificate.Dispose();
        }
    }

    private static X509Certificate2Collection Open(ReadOnlySpan<byte> file, string? password, Pkcs12LoaderLimits limits) =>
        X509CertificateLoader.LoadPkcs12Collection(file, password, KeyStorage, limits);

    // A file can name a wrong key as a certificate's own, and the loader does not check. For other kinds of keys that does
    // not matter: they cannot be push certificates.
    private static bool HasItsKey(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPrivateKey();
        using var expected = certificate.GetRSAPublicKey();
        if (expected is null) return certificate.HasPrivateKey;
        return key is not null
            && key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(expected.ExportSubjectPublicKeyInfo());
    }
}
