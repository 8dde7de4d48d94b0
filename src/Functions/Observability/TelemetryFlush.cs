using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Exports the remaining telemetry when the application stops: all three kinds at once, for at most a second and a half, so that
/// a collector that does not answer does not delay the stop. Disposing them one by one would take five seconds each.
/// </summary>
internal sealed class TelemetryFlush(TracerProvider traces, MeterProvider measures, LoggerProvider logs) : IHostedService
{
    private const int TimeoutMilliseconds = 1500;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => traces.Shutdown(TimeoutMilliseconds), CancellationToken.None),
        Task.Run(() => measures.Shutdown(TimeoutMilliseconds), CancellationToken.None),
        Task.Run(() => logs.Shutdown(TimeoutMilliseconds), CancellationToken.None));
}
