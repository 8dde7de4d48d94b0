using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using ApnsInspection = Gatehouse.Push.Inspection<Gatehouse.Push.ApnsCertificate, Gatehouse.Push.ApnsCertificateFault>;

namespace Gatehouse.Push;

/// <summary>The messages for refused .p12 files. A message states a cause only where it is known.</summary>
internal static class ApnsRefusals
{
    // A name in a certificate can be of any length.
    private const int MostCharactersOfAName = 80;
    private const int MostNames = 4;

    private const string ExportInstead =
        "Export the certificate together with its private key as a .p12 (PKCS#12) file.";

    public static readonly ApnsInspection TooLarge = new(
        ApnsCertificateFault.TooLarge,
        $"The file is larger than {ApnsCertificateInspector.MaxFileSize / 1024} KiB, so it is not the export of a push "
            + "certificate.");

    public static readonly ApnsInspection TooCostly = new(
        ApnsCertificateFault.TooCostly,
        $"The .p12 file asks for more rounds of key derivation than {Pkcs12Contents.MostRoundsAtOnce} at once or "
            + $"{Pkcs12Contents.MostRounds} in all. Export it with fewer rounds.");

    public static readonly ApnsInspection Damaged = new(
        ApnsCertificateFault.Unreadable,
        "The .p12 file is damaged: a part of it does not have the format's form. Export it again.");

    public static readonly ApnsInspection CertificateNotSupported = NotSupported("it does not read a certificate in it");

    public static readonly ApnsInspection NotDecrypted = NotSupported(
        "the password passes the integrity check, but a part of the file was not decrypted with it. Either that part has another "
            + "password, or its encryption is not supported here");

    public static readonly ApnsInspection NoCertificate = new(
        ApnsCertificateFault.NoCertificate,
        "The .p12 file holds no certificate. In Keychain Access, export the certificate and not the key below it.");

    public static readonly ApnsInspection NoPrivateKey = new(
        ApnsCertificateFault.NoPrivateKey,
        "The .p12 file holds no private key that belongs to its certificate. Export the certificate where its signing "
            + "request was made.");

    private static readonly ApnsInspection OddPassword = NotSupported(
        "its password has an emoji or another character outside of Unicode's basic plane, and it is not known whether it is the right one");

    private static readonly ApnsInspection PasswordMissing = new(
        ApnsCertificateFault.PasswordMissing,
        "The .p12 file is protected by a password, and none was given.");

    /// <summary>The file is another one.</summary>
    /// <param name="what">What it is, as a sentence; null where that is not known.</param>
    public static ApnsInspection NotPkcs12(string? what) => new(
        ApnsCertificateFault.NotPkcs12, $"The file is not a .p12 (PKCS#12) file. {what ?? "It is of an unknown kind, or damaged."} {ExportInstead}");

    /// <summary>.NET, or the library of the operating system that it uses, refuses the file.</summary>
    /// <param name="why">As far as it is known.</param>
    public static ApnsInspection NotSupported(string why) => new(
        ApnsCertificateFault.Unreadable, $"This server's cryptography refused the .p12 file: {why}. Export it in another way.");

    /// <summary>The integrity check fails with the password.</summary>
    /// <remarks>
    /// .NET converts a password in pieces when it derives a key (RFC 7292, appendix B), and loses a surrogate pair that falls apart.
    /// So it fails with some passwords that are right.
    /// </remarks>
    public static ApnsInspection Password(string? given) => given switch
    {
        null or "" => PasswordMissing,
        _ when HasPair(given) => OddPassword,
        _ => new(
            ApnsCertificateFault.PasswordWrong,
            "The password does not open the .p12 file. If it is the right one, the file was damaged after its export." + WhiteSpace(given)),
    };

    /// <summary>A file without an integrity check was not decrypted.</summary>
    public static ApnsInspection PasswordOrProtection(string? given) => given switch
    {
        null or "" => new(
            ApnsCertificateFault.PasswordMissing,
            "The .p12 file is encrypted, and no password was given. If it has none, this server's cryptography does not support "
                + "its encryption."),
        _ when HasPair(given) => OddPassword,
        _ => new(
            ApnsCertificateFault.PasswordWrong,
            "The password does not open the .p12 file, or this server's cryptography does not support its encryption. The file "
                + "has no integrity check, so it is not known which." + WhiteSpace(given)),
    };

    public static ApnsInspection NotApplePush(IEnumerable<X509Certificate2> found) => new(
        ApnsCertificateFault.NotApplePush,
        "The certificate is not one that Apple issues for push notifications. The .p12 file holds: "
            + Join([.. found.Select(certificate => Quoted(NameOf(certificate)))]));

    public static ApnsInspection SeveralCertificates(IReadOnlyList<ApnsCertificate> valid, ApnsEnvironments environment) => new(
        ApnsCertificateFault.SeveralCertificates,
        (environment == ApnsEnvironments.None && (IsOneFor(ApnsEnvironments.Development, valid) || IsOneFor(ApnsEnvironments.Production, valid))
            ? "The .p12 file holds several valid push certificates. Name the environment, or export the one to use alone: "
            : "The .p12 file holds several valid push certificates. Export the one to use alone: ")
            + Join([.. valid.Select(one =>
                $"{Quoted(one.CommonName)} (SHA-1 {one.Sha1Thumbprint}, {Text(one.Environments)}, valid until {Utc(one.NotAfter)})")]));

    public static ApnsInspection NotYetValid(ApnsCertificate certificate) => new(
        ApnsCertificateFault.NotYetValid,
        $"The certificate is not valid before {Utc(certificate.NotBefore)}.");

    public static ApnsInspection Expired(ApnsCertificate certificate) => new(
        ApnsCertificateFault.Expired,
        $"The certificate expired on {Utc(certificate.NotAfter)}.");

    private static bool HasPair(string password) => password.Any(char.IsSurrogate);

    private static bool IsOneFor(ApnsEnvironments environment, IReadOnlyList<ApnsCertificate> valid) =>
        valid.Count(one => one.Serves(environment)) == 1;

    private static string WhiteSpace(string password) =>
        password.Trim().Length < password.Length ? " The password that was sent begins or ends with white space." : "";

    private static string NameOf(X509Certificate2 certificate)
    {
        try
        {
            return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name ? name : "no name";
        }
        catch (CryptographicException)
        {
            return "a name that cannot be read";
        }
    }

    private static string Quoted(string name)
    {
        var text = name.Length <= MostCharactersOfAName ? name : name[..MostCharactersOfAName] + "...";
        return $"'{string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c))}'";
    }

    private static string Join(IReadOnlyList<string> names) =>
        string.Join("; ", names.Take(MostNames)) + (names.Count > MostNames ? $"; and {names.Count - MostNames} more." : ".");

    private static string Text(ApnsEnvironments environments) => environments switch
    {
        ApnsEnvironments.Development => "for development",
        ApnsEnvironments.Production => "for production",
        _ => "for both environments",
    };

    private static string Utc(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
