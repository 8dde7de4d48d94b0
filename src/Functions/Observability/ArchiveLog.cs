using Gatehouse.Archive;
using Gatehouse.Archive.Daily;
using Gatehouse.Custody;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs the runs of the archive, and the applications that could not be archived.</summary>
public sealed partial class ArchiveLog(ILogger<ArchiveLog> log)
{
    /// <summary>Logs a run and its failures. Their messages contain no secret.</summary>
    public void Report(string timer, ArchiveRunResult result)
    {
        Report(timer, result.Failures);
        var run = result.Run;
        LogRun(timer, run.Applications, run.DaysWritten, run.Corrected, run.Failed, (long)run.Duration.TotalMilliseconds);
    }

    /// <summary>Logs failures.</summary>
    public void Report(string timer, IEnumerable<ArchiveFailure> failures)
    {
        foreach (var failure in failures)
        {
            // That an application was deleted meanwhile is told by the problem's name.
            LogFailure(timer, failure.Application, failure.Problem, failure.Error is CustodyException ? null : failure.Error);
        }
    }

    [LoggerMessage(380, LogLevel.Information,
        "{Timer}: {Applications} applications, {Days} days written, {Corrected} corrected, {Failed} applications failed, {Milliseconds} ms.")]
    private partial void LogRun(string timer, int applications, long days, long corrected, int failed, long milliseconds);

    [LoggerMessage(381, LogLevel.Warning, "{Timer}: application {Application} could not be archived: {Problem}.")]
    private partial void LogFailure(string timer, AppId application, string problem, Exception? error);
}
