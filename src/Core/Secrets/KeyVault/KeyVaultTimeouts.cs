namespace Gatehouse.Secrets.KeyVault;

/// <summary>How long Key Vault is waited for.</summary>
/// <param name="Call">The most that one call of the vault takes in all, retries and recoveries included.</param>
/// <param name="Attempt">The most that one request takes.</param>
/// <param name="Retries">How often a request that failed for a passing reason is sent again.</param>
/// <param name="FirstDelay">The wait before the first retry; it doubles with each.</param>
/// <param name="LongestDelay">The most that is waited before a retry. A throttling vault that asks for more is not asked
/// again: the caller is told how long it wants.</param>
/// <param name="Poll">The wait between two looks at something that Key Vault takes its time for.</param>
public sealed record KeyVaultTimeouts(
    TimeSpan Call, TimeSpan Attempt, int Retries, TimeSpan FirstDelay, TimeSpan LongestDelay, TimeSpan Poll)
{
    /// <summary>For production: an HTTP caller of Gatehouse is still there when the answer comes.</summary>
    public static KeyVaultTimeouts Default { get; } = new(
        Call: TimeSpan.FromSeconds(30),
        Attempt: TimeSpan.FromSeconds(5),
        Retries: 3,
        FirstDelay: TimeSpan.FromMilliseconds(250),
        LongestDelay: TimeSpan.FromSeconds(4),
        Poll: TimeSpan.FromSeconds(1));
}
