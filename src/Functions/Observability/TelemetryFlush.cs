using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Sends what is left when the application stops: all three at once and for a second and a half at most, so that a collector
/// that does not answer holds up no stop. Disposed one after the other, they would wait five seconds each.
/// </summary>
internal sealed class TelemetryFlush(TracerProvider traces, MeterProvider measures, LoggerProvider logs) : IHostedService
{
    private const int Patience = 1500;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => traces.Shutdown(Patience), CancellationToken.None),
        Task.Run(() => measures.Shutdown(Patience), CancellationToken.None),
        Task.Run(() => logs.Shutdown(Patience), CancellationToken.None));
}
