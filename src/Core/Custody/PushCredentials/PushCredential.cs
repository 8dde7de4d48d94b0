using Gatehouse.Platform;
using Gatehouse.Push;

namespace Gatehouse.Custody.PushCredentials;

/// <summary>A push credential of an application: what the platform lists, and what is known here beside it.</summary>
/// <param name="Configuration">As the platform lists it.</param>
/// <param name="BundleId">The app that a certificate is for, as read from its file, or else from its name; null where neither
/// says, and for what is no certificate.</param>
/// <param name="ExpiresAt">The last instant at which it is valid; null where nobody says, and for what does not expire.</param>
public sealed record PushCredential(PushConfiguration Configuration, string? BundleId, DateTimeOffset? ExpiresAt)
{
    internal static PushCredential Of(PushConfiguration configuration, RegisteredCertificate? known)
    {
        if (configuration is not CertificatePushConfiguration certificate) return new PushCredential(configuration, null, null);
        return new PushCredential(
            certificate,
            known?.BundleId ?? ApnsCertificateName.BundleIdOf(certificate.Name, EnvironmentOf(certificate.ForProduction)),
            // A hosted platform need not say.
            certificate.ExpiresAt < DateTimeOffset.MaxValue ? certificate.ExpiresAt : known?.ExpiresAt);
    }

    internal static ApnsEnvironments EnvironmentOf(bool forProduction) =>
        forProduction ? ApnsEnvironments.Production : ApnsEnvironments.Development;
}

/// <summary>A certificate of Apple's to be registered.</summary>
/// <param name="File">The .p12 file.</param>
/// <param name="Password">Its password; null or empty for none.</param>
/// <param name="ForProduction">The environment it is given for; null for the one that it serves, and for production where it
/// serves both.</param>
/// <param name="HasUnreadCountBadge">Whether notifications carry the number of unread messages.</param>
public sealed record CertificateUpload(
    ReadOnlyMemory<byte> File, string? Password, bool? ForProduction, bool HasUnreadCountBadge)
{
    /// <summary>Says nothing: the record's own text would show the password.</summary>
    public override string ToString() => nameof(CertificateUpload);
}

/// <summary>What was found in a certificate, and what came of it or would.</summary>
/// <param name="Id">Its push configuration's id; null where it was only inspected.</param>
/// <param name="Certificate">What was found in the file.</param>
/// <param name="ForProduction">The environment that it is registered for.</param>
/// <param name="Replaced">The ids of the older ones of its bundle id and environment that were removed, or would be.</param>
/// <param name="Left">The ids of those that could not be removed: the same again removes them.</param>
/// <param name="Failures">Why not; and why what was found could not be kept.</param>
public sealed record CertificateAddition(
    string? Id, ApnsCertificate Certificate, bool ForProduction, IReadOnlyList<string> Replaced, IReadOnlyList<string> Left,
    IReadOnlyList<CustodyFailure> Failures);

/// <summary>What was found in a service account's key file, and what came of it.</summary>
/// <param name="Id">Its push configuration's id; null where it was only inspected.</param>
/// <param name="Account">What was found in the file.</param>
public sealed record ServiceAccountAddition(string? Id, FcmServiceAccount Account);

/// <summary>An uploaded credential is refused: why, and a message for whoever uploaded it, without a secret.</summary>
public sealed class PushCredentialException : Exception
{
    internal PushCredentialException(ApnsCertificateFault fault, string message) : base(message) => CertificateFault = fault;

    internal PushCredentialException(FcmServiceAccountFault fault, string message) : base(message) => ServiceAccountFault = fault;

    /// <summary>What is wrong with a certificate; null where it is none.</summary>
    public ApnsCertificateFault? CertificateFault { get; }

    /// <summary>What is wrong with a service account's key file; null where it is none.</summary>
    public FcmServiceAccountFault? ServiceAccountFault { get; }
}
