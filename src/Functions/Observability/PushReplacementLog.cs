using Gatehouse.Custody.PushCredentials;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs failures after a certificate was registered. The registration itself is still answered as a success.</summary>
public sealed partial class PushReplacementLog(ILogger<PushReplacementLog> log)
{
    /// <summary>Logs the failures of a registration. Their messages contain no secret.</summary>
    public void Report(CertificateAddition addition)
    {
        foreach (var (application, error) in addition.Failures) LogFailure(application, addition.Id ?? "", addition.Left.Count, error);
    }

    [LoggerMessage(
        340, LogLevel.Warning,
        "Application {Application}: the push certificate {Id} was registered, but a later step failed; {Left} older certificates are left.")]
    private partial void LogFailure(AppId application, string id, int left, Exception error);
}
