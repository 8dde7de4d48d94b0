using Gatehouse.Custody;
using Gatehouse.Platform;
using Gatehouse.Platform.Hosted;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs the applications for which a timer has failed. The next run tries again.</summary>
public sealed partial class CustodyLog(ILogger<CustodyLog> log)
{
    private bool hasLoggedMissing;

    /// <summary>Logs the failures of a timer's run. Their messages contain no secret.</summary>
    public void Report(string timer, IEnumerable<CustodyFailure> failures)
    {
        foreach (var (application, error) in failures) LogFailure(timer, application, error);
    }

    /// <summary>Logs the entries in the platform's list of applications that cannot be used.</summary>
    public void Report(string timer, IEnumerable<UnreadableApplication> unreadable)
    {
        foreach (var (id, name, fault) in unreadable) LogUnreadable(timer, id?.ToString() ?? "(no id)", name ?? "(no name)", fault);
    }

    /// <summary>
    /// Logs that a timer cannot work without the organization's credentials. Missing credentials are logged once, because they
    /// are optional; refused ones each time.
    /// </summary>
    public void ReportCredentials(string timer, OrganizationCredentialsException e)
    {
        if (!e.AreMissing) LogCredentialsRefused(timer, e.Message);
        else if (!Interlocked.Exchange(ref hasLoggedMissing, true)) LogCredentialsMissing(timer, e.Message);
    }

    [LoggerMessage(320, LogLevel.Information, "{Timer} does nothing without the organization's credentials: {Why}")]
    private partial void LogCredentialsMissing(string timer, string why);

    [LoggerMessage(321, LogLevel.Warning, "{Timer} failed: {Why}")]
    private partial void LogCredentialsRefused(string timer, string why);

    [LoggerMessage(131, LogLevel.Warning, "{Timer}: the platform lists {Application}, named {Name}, but {Fault}.")]
    private partial void LogUnreadable(string timer, string application, string name, string fault);

    [LoggerMessage(130, LogLevel.Warning, "{Timer}: application {Application} failed; the next run tries again.")]
    private partial void LogFailure(string timer, AppId application, Exception error);
}
