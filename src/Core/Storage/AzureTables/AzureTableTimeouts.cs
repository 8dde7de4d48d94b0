namespace Gatehouse.Storage.AzureTables;

/// <summary>How long to wait for Table Storage.</summary>
/// <param name="Call">The longest time for one call of the store, retries included.</param>
/// <param name="Attempt">The longest time for one request.</param>
/// <param name="Retries">How often a request is sent again after a temporary failure.</param>
/// <param name="FirstDelay">The wait before the first retry. It doubles with each. If the service asks for more
/// (<c>Retry-After</c>), that is the wait.</param>
/// <param name="LongestDelay">The longest wait before a retry, unless the service asks for more.</param>
public sealed record AzureTableTimeouts(TimeSpan Call, TimeSpan Attempt, int Retries, TimeSpan FirstDelay, TimeSpan LongestDelay)
{
    /// <summary>For production: short enough that an HTTP caller of Gatehouse is still waiting for the answer.</summary>
    public static AzureTableTimeouts Default { get; } = new(
        Call: TimeSpan.FromSeconds(30),
        Attempt: TimeSpan.FromSeconds(10),
        Retries: 4,
        FirstDelay: TimeSpan.FromMilliseconds(200),
        LongestDelay: TimeSpan.FromSeconds(4));
}
