using Gatehouse.Alerts;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Hosting;

/// <summary>Logs each alert once, so that it is seen without a receiver too.</summary>
public sealed partial class AlertLog(ILogger<AlertLog> log)
{
    /// <summary>Logs an alert that was raised.</summary>
    public void Raised(Alert alert) => LogRaised(alert.Type, alert.Application, Text(alert));

    /// <summary>Logs an alert that its receiver could not be told of.</summary>
    public void GivenUp(Alert alert) => LogGivenUp(alert.Type, alert.Application, Text(alert));

    private static string Text(Alert alert) => string.Join(", ", alert.Facts.Select(fact => $"{fact.Key} {fact.Value}"));

    [LoggerMessage(350, LogLevel.Warning, "Alert {Type}, application {Application}: {Facts}.")]
    private partial void LogRaised(string type, ApplicationId application, string facts);

    [LoggerMessage(351, LogLevel.Error, "The receiver could not be told of alert {Type}, application {Application}: {Facts}.")]
    private partial void LogGivenUp(string type, ApplicationId application, string facts);
}
