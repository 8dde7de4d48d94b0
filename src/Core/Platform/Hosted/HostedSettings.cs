namespace Gatehouse.Platform.Hosted;

/// <summary>The API that applications are created and listed with.</summary>
public enum OrganizationDialect
{
    /// <summary>The service's current organization API: header <c>SENDBIRDORGANIZATIONAPITOKEN</c>.</summary>
    Gate,

    /// <summary>The contract's <c>/applications</c> under HTTP Basic.</summary>
    Basic,
}

/// <summary>The addresses of the hosted platform, and limits.</summary>
/// <param name="ApplicationUrl">The base URL of an application.</param>
/// <param name="Dialect">How applications are created and listed.</param>
/// <param name="OrganizationUrl">The base URL of the organization API.</param>
/// <param name="RegionKey">The region that the organization API creates applications in; null for its default.</param>
/// <param name="Timeouts">How long to wait for answers.</param>
/// <param name="Concurrency">The most concurrent requests, over all hosts.</param>
public sealed record HostedSettings(
    UrlTemplate ApplicationUrl, OrganizationDialect Dialect, UrlTemplate OrganizationUrl, string? RegionKey,
    HostedTimeouts Timeouts, int Concurrency)
{
    /// <summary>The default concurrency.</summary>
    public const int DefaultConcurrency = 64;
}

/// <summary>How long to wait for the hosted platform.</summary>
/// <param name="Call">The longest time for one call: its attempts, the waits between them, and the wait for a slot.</param>
/// <param name="Try">The longest time for one attempt, from connecting to the end of the answer.</param>
public sealed record HostedTimeouts(TimeSpan Call, TimeSpan Try)
{
    /// <summary>
    /// Shorter than custody's deadline of one minute, and short enough that an HTTP caller of Gatehouse still waits
    /// for the answer.
    /// </summary>
    public static HostedTimeouts Default { get; } = new(Call: TimeSpan.FromSeconds(20), Try: TimeSpan.FromSeconds(8));

    /// <summary>How many retries follow an attempt that failed temporarily.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>The average wait before the first retry. It doubles with each.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The period over which a host's failures are counted, if it has at least <see cref="BreakerTries"/> attempts.
    /// </summary>
    public TimeSpan BreakerWindow { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The fewest attempts in that period. If half of them failed, the circuit opens.</summary>
    public int BreakerTries { get; init; } = 10;

    /// <summary>How long the circuit stays open. Then one attempt decides.</summary>
    public TimeSpan BreakTime { get; init; } = TimeSpan.FromSeconds(5);
}
