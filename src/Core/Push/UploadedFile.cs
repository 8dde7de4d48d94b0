using System.Buffers.Text;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace Gatehouse.Push;

/// <summary>Says what an uploaded file is that is not of the expected kind, so that its sender can choose the right one.</summary>
internal static class UploadedFile
{
    // The first byte of everything in DER that is uploaded here.
    private const byte Sequence = 0x30;

    private const string EllipticCurve = "1.2.840.10045.2.1";
    private const string SigningKey =
        "It is a private key (.p8), such as Apple issues for authentication by token, which is another kind of credential.";

    // Where a text mode or a text type replaced the bytes that are not UTF-8.
    private static readonly byte[] ReplacementCharacter = [0xEF, 0xBF, 0xBD];

    private static readonly (byte[] Start, string What)[] Starts =
    [
        ([0xFE, 0xED, 0xFE, 0xED], "It is a Java key store (JKS): convert it with keytool -importkeystore -deststoretype PKCS12."),
        ([0xCE, 0xCE, 0xCE, 0xCE], "It is a Java key store (JCEKS): convert it with keytool -importkeystore -deststoretype PKCS12."),
        ([.. "PK"u8, 3, 4], "It is a zip archive: send the .p12 file in it."),
        ([0x1F, 0x8B], "It is compressed with gzip: send the file that is in it."),
        ([.. "%PDF"u8], "It is a PDF document."),
        ([0x89, .. "PNG"u8], "It is an image."),
        ([0xFF, 0xD8, 0xFF], "It is an image."),
        ([.. "kych"u8], "It is a macOS key chain: export the certificate from it with Keychain Access."),
        ([.. "SQLite format 3"u8], "It is a database, such as NSS and macOS keep keys in: export the certificate from it."),
        ([.. "bplist"u8], "It is a binary property list."),
    ];

    // By the label of the first PEM block that names one of them.
    private static readonly (string Label, string What)[] Labels =
    [
        ("ENCRYPTED PRIVATE KEY", "It is an encrypted private key in PEM, without its certificate."),
        ("RSA PRIVATE KEY", "It is a private key in PEM, without its certificate."),
        ("EC PRIVATE KEY", SigningKey),
        ("OPENSSH PRIVATE KEY", "It is a private key for SSH."),
        ("CERTIFICATE REQUEST", "It is a certificate signing request (.csr): Apple makes the certificate from it."),
        ("PKCS7", "It is a list of certificates in PEM (PKCS#7), without a private key."),
        ("PUBLIC KEY", "It is a public key in PEM."),
        ("PKCS12", "It is a .p12 file in PEM: send it as binary."),
    ];

    /// <summary>What the file is, as one or two sentences; null where that is not known.</summary>
    public static string? Describe(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty) return "It is empty.";
        foreach (var (start, what) in Starts)
            if (file.StartsWith(start)) return what;
        if (FileText.Read(file) is { } text) return OfText(text.Trim());
        return file[0] == Sequence ? OfDer(file) : null;
    }

    private static string? OfText(string text)
    {
        if (text.Length == 0) return "It is empty.";
        if (text[0] is '{' or '[')
        {
            // It holds a key in PEM.
            return text.Contains("\"service_account\"", StringComparison.Ordinal)
                ? "It is a Google service account's key file (JSON): it is registered as an FCM credential."
                : "It is JSON.";
        }
        // Text may stand before it, as OpenSSL writes it, but not on its line.
        if (text.StartsWith("-----BEGIN ", StringComparison.Ordinal) || text.Contains("\n-----BEGIN ", StringComparison.Ordinal)) return OfPem(text);
        if (text[0] == '<')
        {
            return text.Contains("<plist", StringComparison.Ordinal) ? "It is a property list (XML)."
                : text.Contains("<html", StringComparison.OrdinalIgnoreCase) ? "It is a web page, perhaps an error page that was saved instead of the file."
                : "It is XML.";
        }
        return OfBase64(text);
    }

    private static string OfPem(string text)
    {
        var hasCertificate = text.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal)
            || text.Contains("-----BEGIN TRUSTED CERTIFICATE-----", StringComparison.Ordinal);
        if (hasCertificate)
        {
            return text.Contains("PRIVATE KEY-----", StringComparison.Ordinal)
                ? "It is a certificate and a private key in PEM: convert it with openssl pkcs12 -export."
                : "It is a certificate in PEM, without its private key.";
        }
        foreach (var (label, what) in Labels)
            if (text.Contains($"-----BEGIN {label}-----", StringComparison.Ordinal)) return what;
        if (!text.Contains("-----BEGIN PRIVATE KEY-----", StringComparison.Ordinal)) return "It is a PEM file.";
        return PemEncoding.TryFind(text, out var fields) && OfPrivateKey(Convert.FromBase64String(text[fields.Base64Data])) == SigningKey
            ? SigningKey
            : "It is a private key in PEM, without its certificate.";
    }

    private static string? OfBase64(string text)
    {
        const string UrlMark = ";base64,";
        var data = text.StartsWith("data:", StringComparison.OrdinalIgnoreCase) && text.IndexOf(UrlMark, StringComparison.OrdinalIgnoreCase) is > 0 and var mark
            ? text[(mark + UrlMark.Length)..]
            : text.Trim('"');
        byte[] decoded;
        try
        {
            decoded = Base64Url.IsValid(data) ? Base64Url.DecodeFromChars(data) : Convert.FromBase64String(data);
        }
        catch (FormatException)
        {
            return text.Contains('\n', StringComparison.Ordinal) ? "It is text." : "It is text, perhaps the file's name instead of its content.";
        }
        return Pkcs12Form.Fits(decoded) ? "It is a .p12 file as Base64 text: send the file itself, which base64 -d makes of it."
            : decoded is [Sequence, ..] ? $"It is Base64 text of another file. {OfDer(decoded)}"
            : "It is text.";
    }

    private static string OfDer(ReadOnlySpan<byte> file)
    {
        var bytes = file.ToArray();
        if (Try(() => X509CertificateLoader.LoadCertificate(bytes).Dispose()))
            return "It is a certificate (.cer), without its private key.";
        if (OfPrivateKey(bytes) is { } key) return key;
        if (Try(() => new SignedCms().Decode(bytes)))
        {
            return file.IndexOf("<plist"u8) >= 0
                ? "It is a provisioning profile of an app, not a certificate."
                : "It is a list of certificates (PKCS#7, .p7b), without a private key.";
        }
        if (Try(() => CertificateRequest.LoadSigningRequest(
            bytes, HashAlgorithmName.SHA256,
            CertificateRequestLoadOptions.SkipSignatureValidation)))
        {
            return "It is a certificate signing request (.csr): Apple makes the certificate from it.";
        }
        if (file.IndexOf(ReplacementCharacter) >= 0)
            return "It was changed on its way: bytes that are not text were replaced (EF BF BD). Send the file as binary.";
        if (HasOtherLineEnds(file))
            return "It was changed on its way: its line ends were replaced, as happens where a file is sent as text. Send the file as binary.";
        return IsCutShort(file)
            ? "It is incomplete: it ends before its own length."
            : "It begins like one, but is damaged, as happens where a binary file is sent as text.";
    }

    private static string? OfPrivateKey(byte[] der)
    {
        string? algorithm = null;
        if (Try(() => algorithm = Pkcs8PrivateKeyInfo.Decode(der, out _).AlgorithmId.Value))
            return algorithm == EllipticCurve ? SigningKey : "It is a private key, without its certificate.";
        using var rsa = RSA.Create();
        if (Try(() => rsa.ImportRSAPrivateKey(der, out _))) return "It is a private key, without its certificate.";
        using var curve = ECDsa.Create();
        if (Try(() => curve.ImportECPrivateKey(der, out _))) return SigningKey;
        if (Try(() => PublicKey.CreateFromSubjectPublicKeyInfo(der, out _))) return "It is a public key.";
        return IsEncryptedKey(der) ? "It is an encrypted private key, without its certificate." : null;
    }

    // An algorithm and the encrypted key (RFC 5208, section 6).
    private static bool IsEncryptedKey(byte[] der)
    {
        try
        {
            var key = new AsnReader(der, AsnEncodingRules.BER).ReadSequence();
            key.ReadSequence().ReadObjectIdentifier();
            key.ReadOctetString();
            return !key.HasData;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    // Every LF has a CR before it. In a binary file, one in 256 has.
    private static bool HasOtherLineEnds(ReadOnlySpan<byte> file)
    {
        var count = file.Count((byte)'\n');
        return count > 1 && file.Count("\r\n"u8) == count;
    }

    // Only the definite length: a file of indefinite length has its end at its end.
    private static bool IsCutShort(ReadOnlySpan<byte> file)
    {
        if (file.Length < 2) return true;
        var bytes = file[1] - 0x80;
        if (bytes is < 1 or > 4) return bytes < 0 && file.Length < 2 + file[1];
        if (file.Length < 2 + bytes) return true;
        var length = 0L;
        foreach (var one in file.Slice(2, bytes)) length = (length << 8) | one;
        return file.Length < 2 + bytes + length;
    }

    private static bool Try(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (Exception e) when (e is CryptographicException or NotSupportedException)
        {
            return false;
        }
    }
}
