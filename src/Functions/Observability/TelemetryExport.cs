using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using Gatehouse.Functions.Startup.Settings;
using Gatehouse.Telemetry;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gatehouse.Functions.Observability;

/// <summary>
/// Sends spans, measures and logs by OTLP, to Application Insights, or both; and makes the measures for Prometheus.
/// </summary>
/// <remarks>
/// Only Gatehouse's own spans are sent. The spans that .NET makes of HTTP calls contain URLs, and these contain API tokens. The
/// Functions worker's own spans would show each call a second time.
/// </remarks>
internal static class TelemetryExport
{
    private const string ServiceName = "gatehouse";
    private const string NameVariable = "OTEL_SERVICE_NAME";

    // Of .NET itself: the garbage collector, the thread pool, and the server's connections.
    private static readonly string[] ServerMeters = ["System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    /// <summary>Adds the export. Call it only if there is anyone who gets telemetry: it loads OpenTelemetry.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="settings">Where telemetry goes.</param>
    /// <param name="identity">Gives the credential for Application Insights.</param>
    public static void AddTelemetryExport(this IHostApplicationBuilder builder, TelemetrySettings settings, Func<TokenCredential> identity)
    {
        var telemetry = builder.Services.AddOpenTelemetry();
        // Tells the host that this process sends its logs itself.
        if (settings.IsBehindHost) telemetry.UseFunctionsWorkerDefaults();
        telemetry
            .ConfigureResource(resource => resource.AddService(
                builder.Configuration[NameVariable] is { Length: > 0 } name ? name : ServiceName,
                serviceVersion: typeof(TelemetryExport).Assembly.GetName().Version?.ToString(3)))
            .WithTracing(tracing =>
            {
                if (settings.HasSpans) tracing.AddSource(Spans.Source);
                if (settings.SendsTraces) tracing.AddOtlpExporter(otlp => SetEndpoint(otlp, settings.Traces));
            })
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Spans.Source);
                if (!settings.IsBehindHost) metrics.AddMeter(ServerMeters);
                if (settings.SendsMetrics) metrics.AddOtlpExporter(otlp => SetEndpoint(otlp, settings.Metrics));
            })
            .WithLogging(
                logging =>
                {
                    if (settings.SendsLogs) logging.AddOtlpExporter(otlp => SetEndpoint(otlp, settings.Logs));
                },
                // Application Insights shows the text, not the template.
                logs => logs.IncludeFormattedMessage = true);
        if (settings.ConnectionString is { } connection) AddApplicationInsights(telemetry, connection, settings.UsesIdentity ? identity : null);
        // Last: the exporter to Application Insights brings a sampler of its own.
        telemetry.WithTracing(tracing => tracing.SetSampler(new OwnSpansSampler()));
        builder.Services.AddHostedService<TelemetryFaults>();
        builder.Services.AddHostedService<TelemetryFlush>();
    }

    // An address that is set here is used as it is. To one of OpenTelemetry's own, the exporter adds the path for the kind.
    private static void SetEndpoint(OtlpExporterOptions options, Uri? endpoint)
    {
        if (endpoint is not null) options.Endpoint = endpoint;
    }

    private static void AddApplicationInsights(OpenTelemetryBuilder telemetry, string connection, Func<TokenCredential>? identity)
    {
        telemetry
            .WithTracing(tracing => tracing.AddAzureMonitorTraceExporter(Configure))
            .WithMetrics(metrics => metrics.AddAzureMonitorMetricExporter(Configure))
            .WithLogging(logging => logging.AddAzureMonitorLogExporter(Configure));

        void Configure(AzureMonitorExporterOptions options)
        {
            options.ConnectionString = connection;
            options.Credential = identity?.Invoke();
            options.SamplingRatio = 1;
            options.TracesPerSecond = null;
            options.EnableLiveMetrics = false;
        }
    }
}
