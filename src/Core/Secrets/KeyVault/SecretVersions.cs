using Azure.Security.KeyVault.Secrets;

namespace Gatehouse.Secrets.KeyVault;

/// <summary>
/// Decides which version of a secret counts. Key Vault returns the newest version and has no conditional writes. So each
/// version has a tag that says how it was written, and the order of creation decides.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A version without a tag was set. The newest of those is the secret.</item>
/// <item>A candidate was written by <see cref="ISecretVault.GetOrAddAsync"/>, perhaps by several instances at once. Where no
/// version was set, the oldest candidate is the secret.</item>
/// <item>A tombstone is disabled. It was written before the secret was deleted. It and all older versions no longer count,
/// even when the name is recovered.</item>
/// </list>
/// <para>Key Vault gives the time of creation to the second, and names versions at random. So a list is used only when that
/// second is over by the service's own clock: until then, another version could still sort before the newest. Within one
/// second, the names decide.</para>
/// <para>An operator may disable the version that counts. Then there is no secret, and no other version takes its place:
/// what it encrypted would be lost.</para>
/// </remarks>
internal static class SecretVersions
{
    private const string Tag = "gatehouse";
    private const string CandidateMark = "candidate";
    private const string TombstoneMark = "end";

    /// <summary>A new version, marked as a candidate.</summary>
    public static KeyVaultSecret Candidate(string name, string value) =>
        new(name, value) { Properties = { Tags = { [Tag] = CandidateMark } } };

    /// <summary>The version that marks the secret as deleted.</summary>
    public static KeyVaultSecret Tombstone(string name) =>
        new(name, "deleted") { Properties = { Enabled = false, Tags = { [Tag] = TombstoneMark } } };

    /// <summary>Whether a version was written as a candidate.</summary>
    public static bool IsCandidate(SecretProperties version) => HasMark(version, CandidateMark);

    /// <summary>Whether no more versions can be created in the same second as the newest.</summary>
    public static bool AreSettled(IReadOnlyList<SecretProperties> versions, DateTimeOffset now) =>
        versions.All(version => Seconds(version) < now.ToUnixTimeSeconds());

    /// <summary>The version that counts; null where there is no secret.</summary>
    public static SecretProperties? Choose(IReadOnlyList<SecretProperties> versions)
    {
        var end = versions.Where(IsTombstone).Select(Seconds).DefaultIfEmpty(long.MinValue).Max();
        var live = versions.Where(version => Seconds(version) > end)
            .OrderBy(Seconds).ThenBy(version => version.Version, StringComparer.Ordinal).ToList();
        return live.FindLast(version => !IsCandidate(version)) ?? live.FirstOrDefault();
    }

    private static bool IsTombstone(SecretProperties version) => HasMark(version, TombstoneMark);

    private static bool HasMark(SecretProperties version, string mark) =>
        version.Tags.TryGetValue(Tag, out var value) && value == mark;

    private static long Seconds(SecretProperties version) =>
        version.CreatedOn?.ToUnixTimeSeconds() ?? throw KeyVaultFault.Malformed(version.Name, "a version has no time of making");
}
