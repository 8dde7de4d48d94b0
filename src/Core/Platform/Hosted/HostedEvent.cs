namespace Gatehouse.Platform.Hosted;

/// <summary>The state of a host of the platform.</summary>
public enum HostState
{
    /// <summary>It fails, and is not asked for a while.</summary>
    Failing,

    /// <summary>It answers again.</summary>
    Recovered,
}

/// <summary>Called on the caller's thread when a host of the platform starts or stops failing.</summary>
/// <param name="host">The host, without a path.</param>
/// <param name="state">Its state.</param>
public delegate void HostObserver(string host, HostState state);
