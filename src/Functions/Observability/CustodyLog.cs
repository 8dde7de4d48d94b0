using Gatehouse.Custody;
using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs what a timer could not do, application by application. It is tried again at the next run.</summary>
public sealed partial class CustodyLog(ILogger<CustodyLog> log)
{
    private bool hasToldOfMissing;

    /// <summary>Logs the failures of a timer's run. Their messages hold no secret.</summary>
    public void Report(string timer, IEnumerable<CustodyFailure> failures)
    {
        foreach (var (application, error) in failures) LogFailure(timer, application, error);
    }

    /// <summary>
    /// Logs that a timer cannot do its work under the organization's credentials: once where there are none, as whoever needs
    /// none leaves it so; each time where they are refused.
    /// </summary>
    public void ReportCredentials(string timer, OrganizationCredentialsException e)
    {
        if (!e.AreMissing) LogCredentialsRefused(timer, e.Message);
        else if (!Interlocked.Exchange(ref hasToldOfMissing, true)) LogCredentialsMissing(timer, e.Message);
    }

    [LoggerMessage(320, LogLevel.Information, "{Timer} does nothing while there are no credentials of the organization: {Why}")]
    private partial void LogCredentialsMissing(string timer, string why);

    [LoggerMessage(321, LogLevel.Warning, "{Timer} could not do anything: {Why}")]
    private partial void LogCredentialsRefused(string timer, string why);

    [LoggerMessage(130, LogLevel.Warning, "{Timer}: application {Application} must wait for the next run.")]
    private partial void LogFailure(string timer, AppId application, Exception error);
}
