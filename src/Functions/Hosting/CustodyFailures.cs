using Gatehouse.Custody;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Hosting;

/// <summary>Logs what a timer could not do, application by application. It is tried again at the next run.</summary>
public sealed partial class CustodyFailures(ILogger<CustodyFailures> log)
{
    /// <summary>Logs the failures of a timer's run. Their messages hold no secret.</summary>
    public void Report(string timer, IEnumerable<CustodyFailure> failures)
    {
        foreach (var (application, error) in failures) LogFailure(timer, application, error);
    }

    [LoggerMessage(130, LogLevel.Warning, "{Timer}: application {Application} must wait for the next run.")]
    private partial void LogFailure(string timer, ApplicationId application, Exception error);
}
