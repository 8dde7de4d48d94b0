using Gatehouse.Platform;
using Gatehouse.Push;

namespace Gatehouse.Custody.PushCredentials;

/// <summary>A push credential of an application: what the platform lists, and what Gatehouse knows about it.</summary>
/// <param name="Configuration">What the platform lists.</param>
/// <param name="BundleId">The bundle id of a certificate, read from its file, or else from its name; null where neither has
/// it, and for other credentials.</param>
/// <param name="ExpiresAt">The last instant at which it is valid; null where it is unknown, and for credentials that do not
/// expire.</param>
public sealed record PushCredential(PushConfiguration Configuration, string? BundleId, DateTimeOffset? ExpiresAt)
{
    internal static PushCredential Of(PushConfiguration configuration, RegisteredCertificate? known)
    {
        if (configuration is not CertificatePushConfiguration certificate) return new PushCredential(configuration, null, null);
        return new PushCredential(
            certificate,
            known?.BundleId ?? ApnsCertificateName.BundleIdOf(certificate.Name, EnvironmentOf(certificate.ForProduction)),
            // A hosted platform may not report it.
            certificate.ExpiresAt < DateTimeOffset.MaxValue ? certificate.ExpiresAt : known?.ExpiresAt);
    }

    internal static ApnsEnvironments EnvironmentOf(bool forProduction) =>
        forProduction ? ApnsEnvironments.Production : ApnsEnvironments.Development;
}

/// <summary>An Apple certificate to register.</summary>
/// <param name="File">The .p12 file.</param>
/// <param name="Password">Its password; null or empty for none.</param>
/// <param name="ForProduction">The environment to register it for; null for the one that it serves, or production where it
/// serves both.</param>
/// <param name="HasUnreadCountBadge">Whether notifications carry the number of unread messages.</param>
public sealed record CertificateUpload(
    ReadOnlyMemory<byte> File, string? Password, bool? ForProduction, bool HasUnreadCountBadge)
{
    /// <summary>Shows nothing: the record's own text would show the password.</summary>
    public override string ToString() => nameof(CertificateUpload);
}

/// <summary>An inspected certificate, and what was done, or would be.</summary>
/// <param name="Id">The id of its push configuration; null where it was only inspected.</param>
/// <param name="Certificate">What was found in the file.</param>
/// <param name="ForProduction">The environment that it is registered for.</param>
/// <param name="Replaced">The ids of the older certificates with the same bundle id and environment that were removed, or
/// would be.</param>
/// <param name="Left">The ids of those that could not be removed. The same request again removes them.</param>
/// <param name="Failures">Why they could not be removed, and why the findings could not be stored.</param>
public sealed record CertificateAddition(
    string? Id, ApnsCertificate Certificate, bool ForProduction, IReadOnlyList<string> Replaced, IReadOnlyList<string> Left,
    IReadOnlyList<CustodyFailure> Failures);

/// <summary>An inspected service account key file, and what was done.</summary>
/// <param name="Id">The id of its push configuration; null where it was only inspected.</param>
/// <param name="Account">What was found in the file.</param>
public sealed record ServiceAccountAddition(string? Id, FcmServiceAccount Account);

/// <summary>An uploaded credential is refused. The message is for the caller and holds no secret.</summary>
public sealed class PushCredentialException : Exception
{
    internal PushCredentialException(ApnsCertificateFault fault, string message) : base(message) => CertificateFault = fault;

    internal PushCredentialException(FcmServiceAccountFault fault, string message) : base(message) => ServiceAccountFault = fault;

    /// <summary>What is wrong with the certificate; null for a key file.</summary>
    public ApnsCertificateFault? CertificateFault { get; }

    /// <summary>What is wrong with the service account's key file; null for a certificate.</summary>
    public FcmServiceAccountFault? ServiceAccountFault { get; }
}
