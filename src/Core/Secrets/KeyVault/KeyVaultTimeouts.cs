namespace Gatehouse.Secrets.KeyVault;

/// <summary>How long to wait for Key Vault.</summary>
/// <param name="Call">The longest time for one call of the vault, retries and recoveries included.</param>
/// <param name="Attempt">The longest time for one request.</param>
/// <param name="Retries">How often a request is sent again after a temporary failure.</param>
/// <param name="FirstDelay">The wait before the first retry. It doubles with each.</param>
/// <param name="LongestDelay">The longest wait before a retry. When a throttling vault asks for more, the request is not
/// sent again: the caller is told how long to wait.</param>
/// <param name="Poll">The wait between two checks of an operation that takes Key Vault some time.</param>
public sealed record KeyVaultTimeouts(
    TimeSpan Call, TimeSpan Attempt, int Retries, TimeSpan FirstDelay, TimeSpan LongestDelay, TimeSpan Poll)
{
    /// <summary>For production: short enough that an HTTP caller of Gatehouse is still waiting for the answer.</summary>
    public static KeyVaultTimeouts Default { get; } = new(
        Call: TimeSpan.FromSeconds(30),
        Attempt: TimeSpan.FromSeconds(5),
        Retries: 3,
        FirstDelay: TimeSpan.FromMilliseconds(250),
        LongestDelay: TimeSpan.FromSeconds(4),
        Poll: TimeSpan.FromSeconds(1));
}
