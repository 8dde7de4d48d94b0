namespace Gatehouse.Platform.Hosted;

/// <summary>How a host of the platform is found to be.</summary>
public enum HostState
{
    /// <summary>It fails, and is left alone for a while.</summary>
    Failing,

    /// <summary>It answers again.</summary>
    Recovered,
}

/// <summary>Is told, on the thread of whoever was calling, that a host of the platform has begun or ceased to fail.</summary>
/// <param name="host">The host, without a path.</param>
/// <param name="state">How it is.</param>
public delegate void HostObserver(string host, HostState state);
