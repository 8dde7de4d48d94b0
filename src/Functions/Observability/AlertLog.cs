using System.Globalization;
using System.Text.Json;
using Gatehouse.Alerts;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>Logs each alert once, so that operators see it without a receiver.</summary>
public sealed partial class AlertLog(ILogger<AlertLog> log)
{
    /// <summary>Logs a new alert.</summary>
    public void Raised(Alert alert) => LogRaised(alert.Type, alert.Application, Text(alert));

    /// <summary>Logs a delivery that has failed.</summary>
    public void Failed(Alert alert, int? status) => LogFailed(alert.Type, alert.Application, status?.ToString(CultureInfo.InvariantCulture) ?? "nothing");

    /// <summary>Logs an alert that could not be delivered.</summary>
    public void Abandoned(Alert alert) => LogAbandoned(alert.Type, alert.Application, Text(alert));

    // Behind a colon, if there are any. Encoded, because a fact can contain text of a third party, such as a certificate's name.
    private static string Text(Alert alert) => alert.Facts.Count == 0
        ? ""
        : $": {string.Join(", ", alert.Facts.Select(fact => $"{fact.Key} {JsonEncodedText.Encode(fact.Value)}"))}";

    [LoggerMessage(350, LogLevel.Warning, "Alert {Type}, application {Application}{Facts}.")]
    private partial void LogRaised(string type, AppId application, string facts);

    [LoggerMessage(352, LogLevel.Warning, "The receiver of alert {Type}, application {Application}, answered {Status}. The alert is sent again later.")]
    private partial void LogFailed(string type, AppId application, string status);

    [LoggerMessage(351, LogLevel.Error, "Alert {Type}, application {Application}, could not be delivered{Facts}.")]
    private partial void LogAbandoned(string type, AppId application, string facts);
}
