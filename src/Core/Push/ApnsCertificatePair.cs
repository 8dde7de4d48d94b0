namespace Gatehouse.Push;

/// <summary>
/// The certificates of one upload, each in the environment that it was given for and serves. One of the two may be null.
/// </summary>
public sealed record ApnsCertificatePair
{
    private ApnsCertificatePair(ApnsCertificate? development, ApnsCertificate? production) =>
        (Development, Production) = (development, production);

    /// <summary>The certificate for development; null where none was given.</summary>
    public ApnsCertificate? Development { get; }

    /// <summary>The certificate for production; null where none was given.</summary>
    public ApnsCertificate? Production { get; }

    /// <summary>Judges which certificate was given for which environment.</summary>
    /// <remarks>
    /// A universal certificate may be given for either environment. One certificate for both is refused, a universal one
    /// too: who gives two files means two certificates, and the second has gone missing (a signing request used twice
    /// makes Keychain Access export the first certificate again). A universal certificate loses nothing by being given
    /// once.
    /// </remarks>
    /// <exception cref="ArgumentException">Neither certificate is given.</exception>
    public static Inspection<ApnsCertificatePair, ApnsCertificateFault> Inspect(
        ApnsCertificate? development, ApnsCertificate? production)
    {
        if (development is null && production is null)
            throw new ArgumentException("At least one certificate is to be given.", nameof(development));

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

    // The remedy is the contract's: "Add an APNS push configuration", its note.
    private static string SameForBoth(ApnsCertificate certificate) => certificate.IsUniversal
        ? "The same universal certificate was given for development and for production: give it once, as it serves both. "
            + "To use two certificates, generate another .csr, upload it to the Apple developer account and make the second "
            + ".p12 from it."
        : "The same certificate was given for development and for production, as happens when one .csr is used for both. "
            + "Generate another .csr, upload it to the Apple developer account, make the .p12 again and upload that.";
}
