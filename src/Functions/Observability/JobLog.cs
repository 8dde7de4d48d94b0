using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs the jobs that fail.</summary>
public sealed partial class JobLog(ILogger<JobLog> log)
{
    /// <summary>Logs a run that failed.</summary>
    public void Failed(string job, Exception fault) => LogFailed(job, fault);

    /// <summary>Logs that the memory of the jobs cannot be read or written.</summary>
    public void NotRemembered(Exception fault) => LogNotRemembered(fault);

    [LoggerMessage(366, LogLevel.Error, "{Job} failed; it runs again at its next time.")]
    private partial void LogFailed(string job, Exception fault);

    [LoggerMessage(367, LogLevel.Warning, "When jobs last ran cannot be read or written.")]
    private partial void LogNotRemembered(Exception fault);
}
