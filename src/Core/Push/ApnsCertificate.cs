namespace Gatehouse.Push;

/// <summary>An Apple push certificate, read from a .p12 file that also holds its private key.</summary>
/// <param name="Subject">The whole subject, as text.</param>
/// <param name="CommonName">The subject's common name, such as <c>Apple Push Services: com.example.app</c>.</param>
/// <param name="BundleId">The bundle id of the app that it sends to: the subject's user id
/// (0.9.2342.19200300.100.1.1).</param>
/// <param name="Environments">The environments that it serves; at least one.</param>
/// <param name="NotBefore">The first instant at which it is valid, in UTC.</param>
/// <param name="NotAfter">The last instant at which it is valid, in UTC.</param>
/// <param name="Thumbprint">The certificate's SHA-256 in 64 lower-case hex digits.</param>
/// <param name="Sha1Thumbprint">The certificate's SHA-1, which Apple's own tools show, in 40 lower-case hex digits.</param>
/// <param name="Topics">The topics that it may send to; empty where it does not list them.</param>
public sealed record ApnsCertificate(
    string Subject,
    string CommonName,
    string BundleId,
    ApnsEnvironments Environments,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    string Thumbprint,
    string Sha1Thumbprint,
    IReadOnlyList<string> Topics)
{
    /// <summary>Whether it serves both development and production.</summary>
    public bool IsUniversal => Serves(ApnsEnvironments.Development | ApnsEnvironments.Production);

    /// <summary>Whether it serves all of these environments.</summary>
    public bool Serves(ApnsEnvironments environments) => Environments.HasFlag(environments);
}
