using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs how the hosts of the hosted platform are found to be.</summary>
internal sealed partial class HostedPlatformLog(ILogger<HostedPlatformLog> log)
{
    /// <summary>Logs it.</summary>
    public void Observe(string host, HostState state)
    {
        if (state == HostState.Failing) LogLeftAlone(host);
        else LogBack(host);
    }

    [LoggerMessage(322, LogLevel.Warning, "The platform's host {Host} keeps failing, and is left alone for a moment.")]
    private partial void LogLeftAlone(string host);

    [LoggerMessage(323, LogLevel.Information, "The platform's host {Host} answers again.")]
    private partial void LogBack(string host);
}
