using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Logs that telemetry cannot be sent, at most every ten minutes for each exporter. The exporters report it as events of an
/// <see cref="EventSource"/>, which are not logged otherwise.
/// </summary>
internal sealed partial class TelemetryFaults : EventListener, IHostedService
{
    // Of OpenTelemetry's exporter by OTLP and of Azure Monitor's.
    private static readonly string[] Exporters = ["OpenTelemetry-Exporter-OpenTelemetryProtocol", "OpenTelemetry-AzureMonitor-Exporter"];

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    // How a message about a setting begins whose value the exporter ignores. OpenTelemetryRules checks the settings at the start.
    private const string InvalidValue = "Configuration key";

    // The exception's stack follows in further lines.
    private const int MostCharacters = 400;

    private readonly ConcurrentDictionary<string, DateTimeOffset> logged = new();
    private readonly TimeProvider time;
    private readonly ILogger<TelemetryFaults> log;

    public TelemetryFaults(TimeProvider time, ILogger<TelemetryFaults> log)
    {
        this.time = time;
        this.log = log;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The base class calls this before this class's constructor.
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (Exporters.Contains(eventSource.Name)) EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // An event can come before the constructor has run.
        if (log is null || eventData.Message?.StartsWith(InvalidValue, StringComparison.Ordinal) == true) return;
        if (!IsTurnOf(eventData.EventSource.Name)) return;
        var text = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? "", [.. eventData.Payload ?? []]);
        var line = text.AsSpan(0, text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : text.Length);
        LogFault(line.Length <= MostCharacters ? line.ToString() : $"{line[..MostCharacters]}...");
    }

    // Exporters have several threads.
    private bool IsTurnOf(string exporter)
    {
        var now = time.GetUtcNow();
        var last = logged.GetOrAdd(exporter, DateTimeOffset.MinValue);
        return now - last >= Pause && logged.TryUpdate(exporter, now, last);
    }

    [LoggerMessage(368, LogLevel.Warning, "Telemetry does not arrive: {Fault}")]
    private partial void LogFault(string fault);
}
