namespace Gatehouse.Push;

/// <summary>
/// The certificates of one upload, each for the environment that it was given for. One of the two may be null.
/// </summary>
public sealed record ApnsCertificatePair
{
    private ApnsCertificatePair(ApnsCertificate? development, ApnsCertificate? production) =>
        (Development, Production) = (development, production);

    /// <summary>The certificate for development; null where none was given.</summary>
    public ApnsCertificate? Development { get; }

    /// <summary>The certificate for production; null where none was given.</summary>
    public ApnsCertificate? Production { get; }

    /// <summary>Checks which certificate was given for which environment.</summary>
    /// <remarks>
    /// A universal certificate may be given for either environment. The same certificate for both is refused, even a
    /// universal one: an upload of two files means two certificates, and the second one is missing (when a signing request
    /// is used twice, Keychain Access exports the first certificate again). A universal certificate needs to be given only
    /// once.
    /// </remarks>
    /// <exception cref="ArgumentException">Neither certificate is given.</exception>
    public static Inspection<ApnsCertificatePair, ApnsCertificateFault> Inspect(
        ApnsCertificate? development, ApnsCertificate? production)
    {
        if (development is null && production is null)
            throw new ArgumentException("At least one certificate must be given.", nameof(development));

        if (development?.Thumbprint == production?.Thumbprint)
            return new(ApnsCertificateFault.SameCertificateForBoth, SameForBoth(development!));
        if (development?.Serves(ApnsEnvironments.Development) == false)
        {
            return new(
                ApnsCertificateFault.WrongEnvironment,
                "The certificate given for development is a production certificate.");
        }

        if (production?.Serves(ApnsEnvironments.Production) == false)
        {
            return new(
                ApnsCertificateFault.WrongEnvironment,
                "The certificate given for production is a development certificate.");
        }

        return new(new ApnsCertificatePair(development, production));
    }

    // The advice is the contract's: "Add an APNS push configuration", its note.
    private static string SameForBoth(ApnsCertificate certificate) => certificate.IsUniversal
        ? "The same universal certificate was given for development and for production: give it once, as it serves both. "
            + "To use two certificates, generate another .csr, upload it to the Apple developer account and make the second "
            + ".p12 from it."
        : "The same certificate was given for development and for production, as happens when one .csr is used for both. "
            + "Generate another .csr, upload it to the Apple developer account, make the .p12 again and upload that.";
}
