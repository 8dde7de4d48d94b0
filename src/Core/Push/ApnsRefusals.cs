using System.Globalization;

using ApnsInspection = Gatehouse.Push.Inspection<Gatehouse.Push.ApnsCertificate, Gatehouse.Push.ApnsCertificateFault>;

namespace Gatehouse.Push;

/// <summary>The messages for refused .p12 files.</summary>
internal static class ApnsRefusals
{
    public static readonly ApnsInspection TooLarge = new(
        ApnsCertificateFault.TooLarge,
        $"The file is larger than {ApnsCertificateInspector.MaxFileSize / 1024} KiB, so it is not the export of a push "
            + "certificate.");

    public static readonly ApnsInspection NotPkcs12 = new(
        ApnsCertificateFault.NotPkcs12,
        "The file is not a .p12 (PKCS#12) file, or it is incomplete.");

    public static readonly ApnsInspection TooCostly = new(
        ApnsCertificateFault.TooCostly,
        "The .p12 file holds more entries, or asks for more rounds of key derivation, than the export of a push "
            + "certificate does.");

    public static readonly ApnsInspection Unreadable = new(
        ApnsCertificateFault.Unreadable,
        "The .p12 file is damaged, or protected in a way that is not supported. Export it again.");

    public static readonly ApnsInspection PasswordMissing = new(
        ApnsCertificateFault.PasswordMissing,
        "The .p12 file is protected by a password, and none was given.");

    public static readonly ApnsInspection PasswordWrong = new(
        ApnsCertificateFault.PasswordWrong,
        "The password does not open the .p12 file.");

    public static readonly ApnsInspection NoCertificate = new(
        ApnsCertificateFault.NoCertificate,
        "The .p12 file holds no certificate. In Keychain Access, export the certificate and not the key below it.");

    public static readonly ApnsInspection NoPrivateKey = new(
        ApnsCertificateFault.NoPrivateKey,
        "The .p12 file holds no private key that belongs to its certificate. Export the certificate where its signing "
            + "request was made.");

    public static readonly ApnsInspection NotApplePush = new(
        ApnsCertificateFault.NotApplePush,
        "The certificate is not one that Apple issues for push notifications.");

    public static readonly ApnsInspection SeveralCertificates = new(
        ApnsCertificateFault.SeveralCertificates,
        "The .p12 file holds several push certificates. Export the one to use alone.");

    public static ApnsInspection NotYetValid(ApnsCertificate certificate) => new(
        ApnsCertificateFault.NotYetValid,
        $"The certificate is not valid before {Utc(certificate.NotBefore)}.");

    public static ApnsInspection Expired(ApnsCertificate certificate) => new(
        ApnsCertificateFault.Expired,
        $"The certificate expired on {Utc(certificate.NotAfter)}.");

    private static string Utc(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
