using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gatehouse.Push;

/// <summary>Reads an Apple push certificate.</summary>
/// <remarks>
/// The extensions are documented in Apple's certification practice statement for developer certificates (WWDR). Apple issues
/// push certificates for RSA keys only.
/// </remarks>
internal static class AppleCertificate
{
    private const string DevelopmentPush = "1.2.840.113635.100.6.3.1";
    private const string ProductionPush = "1.2.840.113635.100.6.3.2";
    private const string PushTopics = "1.2.840.113635.100.6.3.6";
    private const string UserId = "0.9.2342.19200300.100.1.1";
    private const string CommonName = "2.5.4.3";
    private const string Rsa = "1.2.840.113549.1.1.1";

    // Far above Apple's limits: a bundle id has at most 155 characters, and the name adds a few words.
    private const int MostCharacters = 1024;

    /// <summary>The push certificate; null where it is not one.</summary>
    /// <exception cref="CryptographicException">The certificate is malformed.</exception>
    public static ApnsCertificate? Read(X509Certificate2 certificate)
    {
        if (certificate.GetKeyAlgorithm() != Rsa) return null;

        var environments = Environments(certificate.Extensions);
        var name = Attribute(certificate.SubjectName, CommonName) ?? "";
        if (environments == ApnsEnvironments.None || name.Length > MostCharacters
            || Attribute(certificate.SubjectName, UserId) is not { Length: > 0 and <= MostCharacters } bundleId)
        {
            return null;
        }

        return new ApnsCertificate(
            certificate.Subject,
            name,
            bundleId,
            environments,
            certificate.NotBefore.ToUniversalTime(),
            certificate.NotAfter.ToUniversalTime(),
            Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)),
            certificate.Thumbprint.ToLowerInvariant(),
            Topics(certificate.Extensions[PushTopics]));
    }

    // A certificate with topics is of the newer kind that serves both environments, even if it also has the older mark for
    // development.
    private static ApnsEnvironments Environments(X509ExtensionCollection extensions)
    {
        var production = extensions[ProductionPush] is not null;
        var development = extensions[DevelopmentPush] is not null || (production && extensions[PushTopics] is not null);
        return (development ? ApnsEnvironments.Development : ApnsEnvironments.None)
            | (production ? ApnsEnvironments.Production : ApnsEnvironments.None);
    }

    private static string? Attribute(X500DistinguishedName name, string oid) => name
        .EnumerateRelativeDistinguishedNames()
        .FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == oid)
        ?.GetSingleElementValue();

    // A sequence in which each topic's text is followed by the list of its uses ("app", "voip"). Apple has not published the
    // format, so anything else is ignored: no decision depends on it.
    private static List<string> Topics(X509Extension? extension)
    {
        var topics = new List<string>();
        if (extension is null) return topics;
        try
        {
            for (var items = new AsnReader(extension.RawData, AsnEncodingRules.BER).ReadSequence(); items.HasData;)
            {
                if (items.PeekTag() == new Asn1Tag(UniversalTagNumber.UTF8String))
                    topics.Add(items.ReadCharacterString(UniversalTagNumber.UTF8String));
                else
                    items.ReadEncodedValue();
            }
            return topics;
        }
        catch (AsnContentException)
        {
            return [];
        }
    }
}
