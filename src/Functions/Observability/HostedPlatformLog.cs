using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs when a host of the hosted platform fails and when it recovers.</summary>
internal sealed partial class HostedPlatformLog(ILogger<HostedPlatformLog> log)
{
    /// <summary>Logs the new state of a host.</summary>
    public void Observe(string host, HostState state)
    {
        if (state == HostState.Failing) LogFailing(host);
        else LogRecovered(host);
    }

    [LoggerMessage(322, LogLevel.Warning, "The platform's host {Host} keeps failing. Requests to it are paused for a moment.")]
    private partial void LogFailing(string host);

    [LoggerMessage(323, LogLevel.Information, "The platform's host {Host} answers again.")]
    private partial void LogRecovered(string host);
}
