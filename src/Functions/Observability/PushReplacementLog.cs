using Gatehouse.Custody.PushCredentials;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs what has failed after a certificate was registered, which its answer is not lost for.</summary>
public sealed partial class PushReplacementLog(ILogger<PushReplacementLog> log)
{
    /// <summary>Logs the failures of a registration. Their messages hold no secret.</summary>
    public void Report(CertificateAddition addition)
    {
        foreach (var (application, error) in addition.Failures) LogFailure(application, addition.Id ?? "", addition.Left.Count, error);
    }

    [LoggerMessage(
        340, LogLevel.Warning,
        "Application {Application}: the push certificate {Id} was registered, and something after that failed; {Left} older ones are left.")]
    private partial void LogFailure(AppId application, string id, int left, Exception error);
}
