using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Exports spans, measures and logs over OTLP, as OpenTelemetry's own environment variables say. Without
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, OpenTelemetry is not loaded.
/// </summary>
/// <remarks>
/// Only Gatehouse's own spans are exported. The spans that .NET makes of HTTP calls contain URLs, and these contain API tokens.
/// </remarks>
internal static class TelemetryExport
{
    /// <summary>The setting that turns the export on.</summary>
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const string ServiceName = "gatehouse";

    /// <summary>Adds the export if it is configured; returns whether it is.</summary>
    /// <exception cref="SettingException">The endpoint is not an address.</exception>
    public static bool AddTelemetryExport(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration[Endpoint] is not { Length: > 0 } endpoint) return false;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new SettingException($"{Endpoint} must be an address such as http://127.0.0.1:4317.");
        Add(builder);
        return true;
    }

    // A separate method: compiling a method loads the assemblies of the types it uses, here OpenTelemetry's.
    private static void Add(IHostApplicationBuilder builder)
    {
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                builder.Configuration["OTEL_SERVICE_NAME"] ?? ServiceName,
                serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3)))
            .WithTracing(tracing => tracing.AddSource(Spans.Source).AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(Spans.Source).AddOtlpExporter())
            .WithLogging(logging => logging.AddOtlpExporter());
        builder.Services.AddHostedService<TelemetryFlush>();
    }
}
