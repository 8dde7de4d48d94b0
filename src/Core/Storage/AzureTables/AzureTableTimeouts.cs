namespace Gatehouse.Storage.AzureTables;

/// <summary>How long Table Storage is waited for.</summary>
/// <param name="Call">The most that one call of the store takes in all, retries included.</param>
/// <param name="Attempt">The most that one request takes.</param>
/// <param name="Retries">How often a request that failed for a passing reason is sent again.</param>
/// <param name="FirstDelay">The wait before the first retry; it doubles with each. Where the service asks for more
/// (<c>Retry-After</c>), that is waited.</param>
/// <param name="LongestDelay">The most that is waited before a retry of the store's own accord.</param>
public sealed record AzureTableTimeouts(TimeSpan Call, TimeSpan Attempt, int Retries, TimeSpan FirstDelay, TimeSpan LongestDelay)
{
    /// <summary>For production: an HTTP caller of Gatehouse is still there when the answer comes.</summary>
    public static AzureTableTimeouts Default { get; } = new(
        Call: TimeSpan.FromSeconds(30),
        Attempt: TimeSpan.FromSeconds(10),
        Retries: 4,
        FirstDelay: TimeSpan.FromMilliseconds(200),
        LongestDelay: TimeSpan.FromSeconds(4));
}
