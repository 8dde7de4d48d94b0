namespace Gatehouse.Push;

/// <summary>Reads the common name of an Apple push certificate.</summary>
public static class ApnsCertificateName
{
    private const ApnsEnvironments Both = ApnsEnvironments.Development | ApnsEnvironments.Production;

    // Certificates for other uses of the same app (VoIP, watch, Mac) have other names, and are deliberately not included.
    private static readonly (string Start, ApnsEnvironments Environments)[] Starts =
    [
        ("Apple Push Services: ", Both),
        ("Apple Production IOS Push Services: ", ApnsEnvironments.Production),
        ("Apple Development IOS Push Services: ", ApnsEnvironments.Development),
    ];

    /// <summary>
    /// The bundle id after Apple's prefix; null where the prefix is another one, or names another environment.
    /// </summary>
    public static string? BundleIdOf(string commonName, ApnsEnvironments environment)
    {
        foreach (var (start, environments) in Starts)
        {
            if (commonName.Length > start.Length && commonName.StartsWith(start, StringComparison.Ordinal))
                return environments.HasFlag(environment) ? commonName[start.Length..] : null;
        }
        return null;
    }
}
