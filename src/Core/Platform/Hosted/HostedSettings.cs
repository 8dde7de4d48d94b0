namespace Gatehouse.Platform.Hosted;

/// <summary>The interface through which the platform's applications are created and listed.</summary>
public enum OrganizationDialect
{
    /// <summary>The organization API of the service today: header <c>SENDBIRDORGANIZATIONAPITOKEN</c>.</summary>
    Gate,

    /// <summary>The contract's <c>/applications</c> under HTTP Basic.</summary>
    Basic,
}

/// <summary>Where the hosted platform is, and how it is treated.</summary>
/// <param name="ApplicationUrl">The base URL of an application.</param>
/// <param name="Dialect">How applications are created and listed.</param>
/// <param name="OrganizationUrl">The base URL for that.</param>
/// <param name="RegionKey">The region that the organization API creates applications in; null to leave that to it.</param>
/// <param name="Timeouts">How long it is waited for.</param>
/// <param name="Concurrency">The most requests at once, to all hosts together.</param>
public sealed record HostedSettings(
    UrlTemplate ApplicationUrl, OrganizationDialect Dialect, UrlTemplate OrganizationUrl, string? RegionKey,
    HostedTimeouts Timeouts, int Concurrency)
{
    /// <summary>The concurrency unless set.</summary>
    public const int DefaultConcurrency = 64;
}

/// <summary>How long the hosted platform is waited for.</summary>
/// <param name="Call">The most that one call takes in all: its tries, the waits between them, and the wait for its turn.</param>
/// <param name="Try">The most that one try takes, from the connection to the end of the answer.</param>
public sealed record HostedTimeouts(TimeSpan Call, TimeSpan Try)
{
    /// <summary>Custody gives up after a minute, and an HTTP caller of Gatehouse is still there when the answer comes.</summary>
    public static HostedTimeouts Default { get; } = new(Call: TimeSpan.FromSeconds(20), Try: TimeSpan.FromSeconds(8));

    /// <summary>How often a try that failed for a passing reason is followed by another.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>The wait before the first of them, on average; it doubles.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>In how much time a host's failures are counted, of at least <see cref="BreakerTries"/> tries.</summary>
    public TimeSpan BreakerWindow { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Of how many tries at least half must have failed in the window for the host to be left alone.</summary>
    public int BreakerTries { get; init; } = 10;

    /// <summary>How long it is left alone; then one try decides.</summary>
    public TimeSpan BreakTime { get; init; } = TimeSpan.FromSeconds(5);
}
