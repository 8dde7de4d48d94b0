using Azure.Security.KeyVault.Secrets;

namespace Gatehouse.Secrets.KeyVault;

/// <summary>
/// Which of a secret's versions is the secret. Key Vault holds the newest for it, and writes without conditions; so each
/// version says by a tag what it was written as, and the order of their making decides.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A version without a tag was set. The newest of those is the secret.</item>
/// <item>A candidate was written by <see cref="ISecretVault.GetOrAddAsync"/>, perhaps by several instances at once. Where
/// nothing was set, the oldest candidate is the secret.</item>
/// <item>An end, disabled, was written before the secret was deleted. It and what is older than it are gone, even when the
/// name is recovered.</item>
/// </list>
/// <para>Key Vault tells when a version was made to the second, and names versions at random. So a list is not judged
/// before that second is over by the service's own clock: until then, another version may still come before the newest.
/// Within one second, the names decide.</para>
/// <para>The version that counts may be disabled by an operator. Then there is no secret to be had, and no other version
/// takes its place: what it sealed would be lost.</para>
/// </remarks>
internal static class SecretVersions
{
    private const string Tag = "gatehouse";
    private const string CandidateMark = "candidate";
    private const string TombstoneMark = "end";

    /// <summary>Marks what is to be written as a candidate.</summary>
    public static KeyVaultSecret Candidate(string name, string value) =>
        new(name, value) { Properties = { Tags = { [Tag] = CandidateMark } } };

    /// <summary>The end of a secret.</summary>
    public static KeyVaultSecret Tombstone(string name) =>
        new(name, "deleted") { Properties = { Enabled = false, Tags = { [Tag] = TombstoneMark } } };

    /// <summary>Whether a version was written as a candidate.</summary>
    public static bool IsCandidate(SecretProperties version) => HasMark(version, CandidateMark);

    /// <summary>Whether no further version can be made in the second in which the newest was.</summary>
    public static bool AreSettled(IReadOnlyList<SecretProperties> versions, DateTimeOffset now) =>
        versions.All(version => Seconds(version) < now.ToUnixTimeSeconds());

    /// <summary>The version that counts, or null where there is no secret.</summary>
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
