using System.Globalization;
using System.Text.Json;
using Gatehouse.Alerts;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs each alert once, so that it is seen without a receiver too.</summary>
public sealed partial class AlertLog(ILogger<AlertLog> log)
{
    /// <summary>Logs an alert that was raised.</summary>
    public void Raised(Alert alert) => LogRaised(alert.Type, alert.Application, Text(alert));

    /// <summary>Logs a try that the receiver has not taken.</summary>
    public void Failed(Alert alert, int? status) => LogFailed(alert.Type, alert.Application, status?.ToString(CultureInfo.InvariantCulture) ?? "nothing");

    /// <summary>Logs an alert that its receiver could not be told of.</summary>
    public void GivenUp(Alert alert) => LogGivenUp(alert.Type, alert.Application, Text(alert));

    // A certificate's name is whatever its maker has written.
    private static string Text(Alert alert) => string.Join(", ", alert.Facts.Select(fact => $"{fact.Key} {JsonEncodedText.Encode(fact.Value)}"));

    [LoggerMessage(350, LogLevel.Warning, "Alert {Type}, application {Application}: {Facts}.")]
    private partial void LogRaised(string type, AppId application, string facts);

    [LoggerMessage(352, LogLevel.Warning, "The receiver of alert {Type}, application {Application}, answers {Status}: it is tried again.")]
    private partial void LogFailed(string type, AppId application, string status);

    [LoggerMessage(351, LogLevel.Error, "The receiver could not be told of alert {Type}, application {Application}: {Facts}.")]
    private partial void LogGivenUp(string type, AppId application, string facts);
}
