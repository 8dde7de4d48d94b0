namespace Gatehouse.Push;

/// <summary>What the common name of a push certificate of Apple's says.</summary>
public static class ApnsCertificateName
{
    private const ApnsEnvironments Both = ApnsEnvironments.Development | ApnsEnvironments.Production;

    // Those of its certificates for other uses of the same app (VoIP, watch, Mac) differ, and are others on purpose.
    private static readonly (string Start, ApnsEnvironments Environments)[] Starts =
    [
        ("Apple Push Services: ", Both),
        ("Apple Production IOS Push Services: ", ApnsEnvironments.Production),
        ("Apple Development IOS Push Services: ", ApnsEnvironments.Development),
    ];

    /// <summary>
    /// The bundle id behind the words that Apple writes before it; null where the words are others, or name another
    /// environment than this one.
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
